"""A file is read once, and again when it changes."""

import os
from pathlib import Path

import pytest
from slm_context.entries import FileStamp

from slm_lsp.workspace import reading


def test_a_file_is_read_again_only_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    before = reading.read_source

    def counted(path: Path) -> bytes | None:
        read.append(path.name)
        return before(path)

    monkeypatch.setattr(reading, "read_source", counted)
    file, reader = tmp_path / "a.py", reading.Reader(tmp_path)
    file.write_text("x = 1\n")
    assert reader.text("a.py") == reader.text("a.py") == "x = 1\n"
    assert read == ["a.py"]
    file.write_text("x = 2\n")
    os.utime(file, ns=(1, 1))
    assert reader.text("a.py") == "x = 2\n"
    file.write_text("key = 'AKIA" + "Q" * 16 + "'\n")
    assert reader.text("a.py") is None
    file.unlink()
    assert reader.text("a.py") is None


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    reader = reading.Reader(tmp_path)
    for n in range(30):
        (tmp_path / f"{n}.py").write_text("x = 1\n" * 10_000)
        reader.text(f"{n}.py")
    assert reader._known.n_chars <= reading.MAX_CHARS


@pytest.mark.parametrize("size", [1_000, 60_000])
def test_a_long_file_is_read_where_it_was_searched_for_secrets_before(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = dict[str, FileStamp]()
    reader, file, text = reading.Reader(tmp_path, checked.get), tmp_path / "a.py", "x = 1\n" * size
    file.write_text(text)
    assert reader.text("a.py") == (text if len(text) < reading.MAX_SEARCHED else None)
    status = file.stat()
    checked["a.py"] = FileStamp(status.st_size, status.st_mtime_ns)
    monkeypatch.setattr(reading, "read_source", lambda path: None)
    assert reader.text("a.py") == text
    file.write_text("key = 'AKIA" + "Q" * 16 + f"'\n{text}")
    assert reader.text("a.py") is None
