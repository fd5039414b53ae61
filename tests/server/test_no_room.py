"""Whatever a session writes, on a disk without room: the memory is lost, and nothing else.

The kernel refuses every byte, by the limit on the size of files. What was there before stays whole,
nothing half-written is left behind, and once there is room again, writing works again.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from slm_context.entries import FileStamp, IndexedFile
from slm_context.index import Index
from slm_context.tags import FileTags

from slm_lsp.config.pin import Pin, write_pin
from slm_lsp.diagnostics.dismissals import Dismissals
from slm_lsp.errors import ConfigError
from slm_lsp.inference.safe_mode import SafeModeMemory
from slm_lsp.learning import Learning
from slm_lsp.models.digest import _note_of, remember_sha256
from slm_lsp.models.quarantine import quarantine_after_crash, why_quarantined
from slm_lsp.models.types import ModelFile

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the limit is POSIX's")

SIGABRT = -6


@contextmanager
def no_room() -> Iterator[None]:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Writer:
    """`write(n)` remembers the number n; `read()` is which of 1, 2, 3 the disk remembers."""

    says_so: type[Exception] | None = None  # a person asked for it, and is told that it failed

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, n: int) -> None:
        raise NotImplementedError

    def has(self, n: int) -> bool:
        raise NotImplementedError

    def read(self) -> set[int]:
        return {n for n in (1, 2, 3) if self.has(n)}


class LearningFile(Writer):
    """What was shown and taken. What could not be written is written later."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.learning = Learning.load(folder / "learning.json")

    def write(self, n: int) -> None:
        self.learning.shown(f"language {n}", 0.5)
        self.learning.save()

    def has(self, n: int) -> bool:
        return f"language {n}" in Learning.load(self.folder / "learning.json").languages


class DismissalsFile(Writer):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.dismissals = Dismissals.load(folder / "dismissals.json")

    def write(self, n: int) -> None:
        self.dismissals.dismiss(f"mark {n}", "rule")

    def has(self, n: int) -> bool:
        return Dismissals.load(self.folder / "dismissals.json").is_dismissed(f"mark {n}")


class SafeModeFile(Writer):
    def write(self, n: int) -> None:
        SafeModeMemory(self.folder).remember(f"key {n}")

    def has(self, n: int) -> bool:
        return SafeModeMemory(self.folder).holds(f"key {n}")


class DigestNotes(Writer):
    """What is not noted is computed again."""

    def write(self, n: int) -> None:
        remember_sha256(Path(__file__).parents[n], "0" * 64)

    def has(self, n: int) -> bool:
        return _note_of(Path(__file__).parents[n]).exists()


class QuarantineNotes(Writer):
    """What is not noted is tried once more."""

    def write(self, n: int) -> None:
        model = ModelFile(self.folder / "m.gguf", f"{n:064}", 1, f"model-{n}")
        assert "in quarantine" in str(quarantine_after_crash(model, SIGABRT))

    def has(self, n: int) -> bool:
        return why_quarantined(f"{n:064}") is not None


class IndexFile(Writer):
    """The workspace's room catches what this raises, and puts it into the log and the status."""

    says_so = sqlite3.Error

    def write(self, n: int) -> None:
        index = Index(self.folder / "index.sqlite")
        try:
            index.write([IndexedFile(f"{n}.py", "python", FileStamp(n, n), FileTags(), "digest")])
        finally:
            index.close()

    def has(self, n: int) -> bool:
        index = Index(self.folder / "index.sqlite", read_only=True)
        try:
            return index.digest(f"{n}.py") != ""
        finally:
            index.close()


class PinnedModel(Writer):
    says_so = ConfigError

    def write(self, n: int) -> None:
        write_pin(self.folder, Pin(f"model-{n}", f"{n:064}", 1))

    def has(self, n: int) -> bool:
        return f"{n:064}" in (self.folder / "slm-lsp.toml").read_text()

    def read(self) -> set[int]:
        """The file pins one at a time; those before count as remembered."""
        return {n for n in (1, 2, 3) if any(self.has(later) for later in range(n, 4))}


WRITERS = (
    LearningFile,
    DismissalsFile,
    SafeModeFile,
    DigestNotes,
    QuarantineNotes,
    IndexFile,
    PinnedModel,
)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_disk_without_room_costs_the_memory(
    kind: type[Writer], tmp_path: Path, clean_environment: Path
) -> None:
    writer = kind(tmp_path)
    writer.write(1)
    assert writer.read() == {1}
    before = everything_in(tmp_path, clean_environment)
    with no_room(), refusal(writer.says_so):
        writer.write(2)
    assert writer.read() == {1}
    assert everything_in(tmp_path, clean_environment) == before
    writer.write(3)
    assert {1, 3} <= writer.read()


@contextmanager
def refusal(says_so: type[Exception] | None) -> Iterator[None]:
    if says_so is None:
        yield
        return
    with pytest.raises(says_so):
        yield


def everything_in(*folders: Path) -> set[Path]:
    """All files but SQLite's own beside a database, which it makes and removes."""
    return {
        path
        for folder in folders
        for path in folder.rglob("*")
        if not path.name.endswith(("-wal", "-shm", "-journal"))
    }


def test_what_was_shown_meanwhile_is_not_lost(tmp_path: Path) -> None:
    writer = LearningFile(tmp_path)
    with no_room():
        writer.write(2)
    assert writer.read() == set()
    writer.write(3)
    assert writer.read() == {2, 3}
