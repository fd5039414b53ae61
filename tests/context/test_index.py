"""The index keeps what it was given, forgets what is gone, and survives what happens to files."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from slm_context.imports import Import
from slm_context.index import FileStamp, Index, IndexedFile
from slm_context.tags import Definition, FileTags

STAMP = FileStamp(10, 20)


def entry(path: str, *names: str, imports: tuple[Import, ...] = ()) -> IndexedFile:
    definitions = tuple(
        Definition(name, "function", "", n, n, f"def {name}()", "") for n, name in enumerate(names)
    )
    return IndexedFile(path, "python", STAMP, FileTags(definitions, imports))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "index.sqlite"


def test_what_is_written_is_found(file: Path) -> None:
    imports = (Import("a.b", (("c", "d"),)),)
    Index(file).write([entry("x/a.py", "f", "g", imports=imports), entry("b.py", "f")])
    index = Index(file, read_only=True)
    assert [(one.path, one.definition.signature) for one in index.definitions(["f", "?"])] == [
        ("x/a.py", "def f()"),
        ("b.py", "def f()"),
    ]
    assert [one.name for one in index.outline("x/a.py")] == ["f", "g"]
    assert index.imports("x/a.py") == list(imports)
    assert list(index.paths(["a"])) == ["x/a.py"]
    assert index.stamps() == {"x/a.py": STAMP, "b.py": STAMP}


def test_a_file_is_replaced_and_forgotten(file: Path) -> None:
    index = Index(file)
    index.write([entry("a.py", "f"), entry("b.py", "f")])
    index.write([entry("a.py", "g")], removed=["b.py", "never.py"])
    assert index.definitions(["f"]) == []
    assert [one.path for one in index.definitions(["g"])] == ["a.py"]
    assert index.count() == (1, 1)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100, b"SQLite format 3\0" * 300])
def test_a_damaged_file_is_made_anew(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    index = Index(file)
    index.write([entry("a.py", "f")])
    assert index.count() == (1, 1)


def test_damage_in_the_middle_is_noticed(file: Path) -> None:
    index = Index(file)
    index.write([entry(f"{n}.py", *(f"name_{n}_{m}" for m in range(40))) for n in range(200)])
    index.close()
    damaged = bytearray(file.read_bytes())
    damaged[100:] = b"\xa5" * (len(damaged) - 100)
    file.write_bytes(damaged)
    again = Index(file)
    assert again.count() == (0, 0)


def test_another_version_is_made_anew(file: Path) -> None:
    index = Index(file)
    index.write([entry("a.py", "f")])
    index._db.execute("PRAGMA user_version = 99")
    index.close()
    with pytest.raises(sqlite3.DatabaseError):
        Index(file, read_only=True)
    assert Index(file).count() == (0, 0)


def test_reading_goes_on_while_another_writes(file: Path) -> None:
    writer, reader = Index(file), Index(file, read_only=True)
    writer.write([entry("a.py", "f")])
    assert len(reader.definitions(["f"])) == 1
    with writer._db:
        writer._db.execute("DELETE FROM definitions")
        assert len(reader.definitions(["f"])) == 1
    assert reader.definitions(["f"]) == []


def test_no_folder_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        Index(tmp_path / "nowhere" / "index.sqlite")


def test_many_processes_make_the_same_index_at_once(file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from slm_context.index import *;"
        "from slm_context.tags import FileTags;"
        "index = Index(Path(sys.argv[1]));"
        "[index.write([IndexedFile(sys.argv[2], 'python', FileStamp(n, n), FileTags())])"
        " for n in range(30)]"
    )
    children = [
        subprocess.Popen([sys.executable, "-P", "-c", code, str(file), f"{n}.py"]) for n in range(6)
    ]
    assert [child.wait(60) for child in children] == [0] * 6
    assert Index(file).stamps() == {f"{n}.py": FileStamp(29, 29) for n in range(6)}


def test_two_who_write_the_same_file_take_turns(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one comes right between our looking and our writing."""
    forget, others = Index._forget, list[Thread]()

    def interrupted(index: Index, path: str) -> None:
        forget(index, path)
        if not others:
            others.append(Thread(target=lambda: Index(file).write([entry("a.py")])))
            others[0].start()
            others[0].join(0.2)  # it waits for us

    monkeypatch.setattr(Index, "_forget", interrupted)
    Index(file).write([entry("a.py")])
    others[0].join()
    assert Index(file).stamps() == {"a.py": STAMP}
