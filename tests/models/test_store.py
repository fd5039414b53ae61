"""The store: what is added is complete and right, whoever adds it, and however it ends."""

import errno
import hashlib
import multiprocessing
import os
import shutil
import time
from pathlib import Path

import pytest

from slm_lsp.errors import ModelError, ModelMismatch, ModelNotFound
from slm_lsp.models import gc
from slm_lsp.models.digest import known_sha256
from slm_lsp.models.lock import is_locked, locked
from slm_lsp.models.pull import Wanted, pull
from slm_lsp.models.sources import parse_source
from slm_lsp.models.store import Store, find, own_store, tidy_name
from slm_lsp.settings import ModelSettings
from tests.support.hub_server import Hub
from tests.support.pulling import Heard, a_file, leftovers

CONTENT = b"the content of a model"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "m.gguf"
    path.write_bytes(CONTENT)
    return path


def test_a_file_is_kept_by_its_content(store: Store, file: Path) -> None:
    entry = store.add(file, "my model", "file:m.gguf")
    assert entry.path == store.blob(SHA256)
    assert entry.path.read_bytes() == CONTENT
    assert (entry.name, entry.source) == ("my-model", "file:m.gguf")
    assert store.get(SHA256) == entry
    assert [e.sha256 for e in store.entries()] == [SHA256]
    file.write_bytes(b"changed")
    assert entry.path.read_bytes() == CONTENT


def test_a_link_shares_the_bytes(store: Store, file: Path) -> None:
    entry = store.add(file, "m", link=True)
    assert entry.path.samefile(file)
    assert file.stat().st_mode & 0o200  # the person's file keeps its mode


def test_another_file_system_gets_a_copy(
    store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(os, "link", refuse)
    entry = store.add(file, "m", link=True)
    assert not entry.path.samefile(file)
    assert entry.path.read_bytes() == CONTENT


def test_a_link_to_a_symlink_links_the_file(store: Store, file: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(file)
    assert store.add(tmp_path / "alias", "m", link=True).path.samefile(file)


def test_a_wrong_hash_is_not_added(store: Store, file: Path) -> None:
    with pytest.raises(ModelMismatch):
        store.add(file, "m", expected="0" * 64)
    assert list(store.entries()) == []
    assert leftovers(store) == []


def _add_many(path: Path) -> None:
    for _ in range(20):
        own_store().add(path, "m")


def test_processes_add_the_same_file_at_once(store: Store, file: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_add_many, args=(file,)) for _ in range(4)]
    for process in processes:
        process.start()
    seen: set[bytes] = set()
    while any(process.is_alive() for process in processes):
        seen |= {entry.path.read_bytes() for entry in store.entries()}
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert seen <= {CONTENT}
    assert [entry.sha256 for entry in store.entries()] == [SHA256]
    assert leftovers(store) == []


def test_a_full_disk_leaves_nothing_half_made(
    store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy_half(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:5])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", copy_half)
    with pytest.raises(ModelError, match="the disk is full; make room"):
        store.add(file, "m")
    assert list(store.entries()) == []
    assert leftovers(store) == []


def test_a_disk_that_fills_up_during_a_pull(hub: Hub, store: Store) -> None:
    class FullAfterAWhile(Heard):
        def advanced(self, n_bytes: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    hub.files["a/b/m.gguf"] = a_file()
    with pytest.raises(ModelError, match="the disk is full"):
        pull(Wanted(parse_source("hf:a/b/m.gguf")), store, FullAfterAWhile())
    assert leftovers(store) == []
    assert list(store.entries()) == []


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_store_that_cannot_be_written(
    code: int, store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, "no", str(store.folder))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ModelError, match="SLM_LSP_HOME"):
        store.add(file, "m")


def test_notes_may_be_lost(store: Store, file: Path) -> None:
    store.add(file, "m")
    (store.folder / f"{SHA256}.json").write_text("{half")
    (entry,) = store.entries()
    assert entry.name == SHA256[:12]


def test_other_files_are_no_models(store: Store, file: Path) -> None:
    store.add(file, "m")
    for name in ("x.gguf", f"{'g' * 64}.gguf", ".hidden", f"{SHA256}.gguf.tmp"):
        (store.folder / name).write_bytes(b"")
    assert [entry.sha256 for entry in store.entries()] == [SHA256]


def test_models_are_found_by_name_and_by_hash(store: Store, file: Path) -> None:
    store.add(file, "m")
    for wanted in ("m", SHA256, SHA256[:6]):
        assert find(wanted).sha256 == SHA256
    for wanted in ("n", SHA256[:5], ""):
        with pytest.raises(ModelNotFound):
            find(wanted)


def test_a_name_that_stands_for_two_models(store: Store, file: Path) -> None:
    store.add(file, "m")
    file.write_bytes(b"another")
    store.add(file, "m")
    with pytest.raises(ModelNotFound, match="may be any of"):
        find("m")


def test_a_shared_store_is_only_read(
    machine: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = Store(machine / "share" / "models")
    share.add(file, "of-the-team")
    monkeypatch.setenv("SLM_LSP_SHARED", str(machine / "share"))
    before = sorted(p.name for p in share.folder.rglob("*"))
    entry = find("of-the-team")
    assert entry.path == share.blob(SHA256)
    assert known_sha256(entry.path) == SHA256
    assert sorted(p.name for p in share.folder.rglob("*")) == before
    assert find("of-the-team", (str(machine / "share"),)) == entry


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("my model", "my-model"),
        ("../../etc/passwd", "etc-passwd"),
        ("…", "model"),
        ("", "model"),
        ("-rf", "rf"),
        ("a" * 300, "a" * 100),
        ("Qwen2.5-Coder_0.5B+x", "Qwen2.5-Coder_0.5B+x"),
    ],
)
def test_names_are_tidy(name: str, tidy: str) -> None:
    assert tidy_name(name) == tidy


def test_a_digest_is_known_until_the_file_changes(machine: Path, file: Path) -> None:
    os.utime(file, (1, 1))
    assert known_sha256(file) == SHA256
    file.write_bytes(CONTENT[::-1])
    assert known_sha256(file) == hashlib.sha256(CONTENT[::-1]).hexdigest()
    # The same size and times: what was written is noticed all the same, by the ctime.
    stat = file.stat()
    file.write_bytes(CONTENT)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert known_sha256(file) == SHA256


@pytest.mark.parametrize("note", ["", "{", "[]", '{"fingerprint": 1}', "null", "\0"])
def test_a_damaged_note_is_not_believed(note: str, machine: Path, file: Path) -> None:
    known_sha256(file)
    folder = machine / "home" / "cache" / "digests"
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.write_text(note)
    assert known_sha256(file) == SHA256


def test_a_lock_is_let_go(machine: Path) -> None:
    path = machine / "x.lock"
    with locked(path):
        assert is_locked(path)
    assert not is_locked(path)


class TestGarbage:
    def test_young_remains_stay(self, store: Store) -> None:
        store.partial.mkdir(parents=True)
        (store.partial / "a.part").write_bytes(b"half")
        assert gc.rubbish(store) == []

    def test_old_remains_go(self, store: Store) -> None:
        store.partial.mkdir(parents=True)
        for name in ("a.part", "a.json", "a.lock", "b.adding"):
            (store.partial / name).write_bytes(b"half")
        for item in gc.rubbish(store, time.time() + 8 * gc.DAY_S):
            gc.remove(store, item)
        assert list(store.partial.iterdir()) == []

    def test_a_pull_under_way_stays(self, store: Store) -> None:
        store.partial.mkdir(parents=True)
        part = store.partial / "a.part"
        part.write_bytes(b"half")
        next_week = time.time() + 8 * gc.DAY_S
        with locked(part.with_suffix(".lock")):
            assert gc.rubbish(store, next_week) == []
        assert gc.rubbish(store, next_week) != []

    def test_an_old_file_that_is_being_linked_stays(self, store: Store, file: Path) -> None:
        os.utime(file, (1, 1))
        store.partial.mkdir(parents=True)
        (store.partial / "b.adding").hardlink_to(file)
        assert gc.rubbish(store) == []

    def test_unused_models_go_and_pinned_ones_stay(self, store: Store, file: Path) -> None:
        entry = store.add(file, "m")
        assert gc.unused(store, 1, ModelSettings()) == []
        gc.note_use(entry.sha256)
        os.utime(store.folder.parent / "used" / entry.sha256, (1, 1))
        assert [item.sha256 for item in gc.unused(store, 1, ModelSettings())] == [SHA256]
        assert gc.unused(store, 1, ModelSettings(sha256=SHA256)) == []
