"""The store: each file under the name of its content.

    models/<sha256>.gguf         a model or an adapter, complete and checked, never changed
    models/<sha256>.json         what it is called, where it came from
    models/partial/              pulls under way; see `slm_lsp.models.pull`

A file appears by renaming, so that every process sees all of it or nothing. Two processes that
add the same content write the same file. Folders that cannot be written are stores too.
"""

import errno
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from slm_lsp.errors import ModelError, ModelMismatch, ModelNotFound
from slm_lsp.models.digest import remember_sha256, sha256_of
from slm_lsp.places import home, in_full, shared_homes
from slm_lsp.settings import NAME, SHA256

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a store, and what is known about it. `size` is in bytes."""

    sha256: str
    size: int
    name: str
    path: Path
    source: str | None = None
    added: str = ""  # when, in ISO 8601


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of models."""

    folder: Path

    @property
    def partial(self) -> Path:
        return self.folder / "partial"

    def blob(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.gguf"

    def get(self, sha256: str) -> Entry | None:
        path = self.blob(sha256)
        try:
            size = path.stat().st_size
        except OSError:
            return None
        note = self._note(sha256)
        return Entry(
            sha256,
            size,
            _string(note.get("name")) or sha256[:12],
            path,
            _string(note.get("source")),
            _string(note.get("added")) or "",
        )

    def entries(self) -> Iterator[Entry]:
        """All files, by name."""
        try:
            hashes = [p.stem for p in self.folder.glob("*.gguf") if re.fullmatch(SHA256, p.stem)]
        except OSError:
            return
        found = (self.get(sha256) for sha256 in hashes)
        yield from sorted((e for e in found if e is not None), key=lambda e: (e.name, e.sha256))

    def take(self, complete: Path, sha256: str, name: str, source: str | None) -> Entry:
        """Move a complete file of this file system in, its content known to be `sha256`."""
        with _plainly("write to the store"):
            self.folder.mkdir(parents=True, exist_ok=True)
            entry = Entry(
                sha256,
                complete.stat().st_size,
                tidy_name(name),
                self.blob(sha256),
                source,
                datetime.now(UTC).isoformat(timespec="seconds"),
            )
            self._write_note(entry)
            if complete.stat().st_nlink == 1:  # somebody else's file keeps its own mode
                complete.chmod(0o444)
            complete.replace(entry.path)
        remember_sha256(entry.path, sha256)
        return entry

    def add(
        self,
        file: Path,
        name: str,
        source: str | None = None,
        *,
        expected: str | None = None,
        link: bool = False,
        progress: Progress = lambda _: None,
    ) -> Entry:
        """Bring a file of this machine in: as a hard link where asked and possible, or copied."""
        with _plainly("write to the store"):
            self.partial.mkdir(parents=True, exist_ok=True)
            mine = self.partial / f"{uuid.uuid4().hex}.adding"
            try:
                if not (link and _linked(file, mine)):
                    copy_durably(file, mine)
                sha256 = sha256_of(mine, progress)
                if expected is not None and sha256 != expected:
                    raise ModelMismatch(
                        f"{file} is not the pinned model: its sha256 is {sha256[:12]}…, the pin "
                        f"says {expected[:12]}…"
                    )
                return self.take(mine, sha256, name, source)
            finally:
                mine.unlink(missing_ok=True)

    def remove(self, sha256: str) -> None:
        with _plainly("remove from the store"):
            self.blob(sha256).unlink(missing_ok=True)
            (self.folder / f"{sha256}.json").unlink(missing_ok=True)

    def _note(self, sha256: str) -> dict[str, object]:
        try:
            note = json.loads((self.folder / f"{sha256}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return note if isinstance(note, dict) else {}

    def _write_note(self, entry: Entry) -> None:
        note = asdict(entry)
        del note["path"]
        replace_text(self.folder / f"{entry.sha256}.json", json.dumps(note, indent=1) + "\n")


def own_store() -> Store:
    """The store that commands write to."""
    return Store(home() / "models")


def all_stores(shared: tuple[str, ...] = ()) -> tuple[Store, ...]:
    """The own store first, then those that are only read."""
    folders = (*shared_homes(), *map(in_full, shared))
    return (own_store(), *(Store(folder / "models") for folder in folders))


def find(wanted: str, shared: tuple[str, ...] = ()) -> Entry:
    """The one entry with this name, hash, or beginning of a hash. Raises ModelNotFound."""
    found: dict[str, Entry] = {}
    for store in all_stores(shared):
        for entry in store.entries():
            named = wanted == entry.name or (len(wanted) >= 6 and entry.sha256.startswith(wanted))
            if named:
                found.setdefault(entry.sha256, entry)
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        hashes = ", ".join(sha256[:12] for sha256 in sorted(found))
        raise ModelNotFound(f"{wanted} may be any of {hashes}; say which by its sha256")
    raise ModelNotFound(f"no model in the store is called {wanted[:80]}; see `slm-lsp models list`")


def tidy_name(name: str) -> str:
    """A name that `[model] name` accepts, as near as possible to the one given."""
    tidy = re.sub(r"[^A-Za-z0-9._+-]+", "-", name).strip("-._+")[:100]
    return tidy if re.fullmatch(NAME, tidy) else "model"


def replace_text(path: Path, text: str) -> None:
    """Write a small file so that nobody ever reads half of it."""
    mine = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        mine.write_text(text, encoding="utf-8")
        mine.replace(path)
    finally:
        mine.unlink(missing_ok=True)


def copy_durably(source: Path, target: Path) -> None:
    """A copy that is on the disk when this returns."""
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _linked(file: Path, target: Path) -> bool:
    try:
        os.link(file.resolve(), target)
    except OSError:
        return False  # another file system, or one without links
    return True


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


@contextmanager
def _plainly(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise storage_error(error, doing) from error


def storage_error(error: OSError, doing: str) -> ModelError:
    """What the system said, with the cure."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelError(
            f"cannot {doing}: the disk is full; make room with `slm-lsp models gc`, or set "
            "SLM_LSP_HOME to a folder on another disk"
        )
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return ModelError(
            f"cannot {doing}: {error.filename or home()} may not be written; set SLM_LSP_HOME to "
            "a folder of your own"
        )
    return ModelError(f"cannot {doing}: {error.strerror or error}")
