"""The index keeps what it was given, forgets what is gone, and survives what happens to files."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from slm_context import entries
from slm_context.entries import FileStamp, IndexedFile
from slm_context.imports import Import
from slm_context.index import Index
from slm_context.references import MAX_NAMES, WRITTEN_AT_ONCE, uses_of
from slm_context.tags import Definition, FileTags

STAMP = FileStamp(10, 20)


def entry(path: str, *names: str, imports: tuple[Import, ...] = (), uses: str = "") -> IndexedFile:
    definitions = tuple(
        Definition(name, "function", "", n, n, f"def {name}()", "") for n, name in enumerate(names)
    )
    return IndexedFile(
        path, "python", STAMP, FileTags(definitions, imports), uses=uses_of(uses.encode())
    )


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
        reader.renew()
        assert len(reader.definitions(["f"])) == 1
    reader.renew()
    assert reader.definitions(["f"]) == []


def test_no_folder_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        Index(tmp_path / "nowhere" / "index.sqlite")


def test_many_processes_make_the_same_index_at_once(file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from slm_context.index import *;"
        "from slm_context.entries import FileStamp, IndexedFile;"
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
    known_as, others = entries.known_as, list[Thread]()

    def interrupted(db: sqlite3.Connection, path: str) -> int | None:
        known = known_as(db, path)
        if not others:
            others.append(Thread(target=lambda: Index(file).write([entry("a.py")])))
            others[0].start()
            others[0].join(0.2)  # it waits for us
        return known

    monkeypatch.setattr(entries, "known_as", interrupted)
    Index(file).write([entry("a.py")])
    others[0].join()
    assert Index(file).stamps() == {"a.py": STAMP}


def test_who_uses_a_name_is_found(file: Path) -> None:
    index = Index(file)
    index.write(
        [
            entry("a.py", uses="total = to_cents(price)  # größe"),
            entry("b.py", uses="to_cents(größe)\nself.price"),
            entry("c.py", uses="to_cent; if2; 3total; return; $rows"),
        ]
    )
    assert index.users(["to_cents"], ["python"]) == ["a.py", "b.py"]
    assert index.users(["to_cents", "total"], ["python"]) == ["a.py"]
    assert index.users(["größe", "price"], ["python"]) == ["a.py", "b.py"]
    assert index.users(["$rows"], ["python"]) == ["c.py"]
    assert index.users(["to_cents"], ["go"]) == []
    assert index.users(["to_cents", "nobody"], ["python"]) == []
    assert index.users(["return"], ["python"]) == [], "a word of the language"
    assert index.users(["to_cents"], ["python"], limit=1) == [], "it is everywhere"
    assert [index.n_users(name) for name in ("price", "to_cent", "nobody")] == [2, 1, 0]


def test_uses_are_replaced_and_forgotten_and_a_number_given_again_means_nothing(
    file: Path,
) -> None:
    index = Index(file)
    index.write([entry("a.py", uses="one two"), entry("b.py", uses="two three")])
    index.write([entry("a.py", uses="two four")])
    assert [index.users([name], ["python"]) for name in ("one", "two", "three", "four")] == [
        *([], ["a.py", "b.py"]),
        *(["b.py"], ["a.py"]),
    ]
    index.write([entry("c.py", uses="five")], removed=["b.py"])
    assert [index.users([name], ["python"]) for name in ("two", "three", "five")] == [
        *(["a.py"], [], ["c.py"])
    ]
    index.write([], removed=["a.py", "c.py"])
    for table in ("uses", "used", "files", "definitions"):
        assert index._db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_more_files_than_are_written_at_once(file: Path) -> None:
    index = Index(file)
    n_files = 2 * WRITTEN_AT_ONCE + 3
    index.write(entry(f"f{n:04}.py", uses=f"every_one number_{n}") for n in range(n_files))
    assert index.n_users("every_one") == n_files
    assert index.users(["number_2050"], ["python"]) == ["f2050.py"]


def test_a_touched_file_keeps_its_uses(file: Path) -> None:
    index = Index(file)
    index.write([entry("a.py", uses="one")])
    index.write([IndexedFile("a.py", "python", FileStamp(10, 21), None)])
    assert index.users(["one"], ["python"]) == ["a.py"]


def test_of_a_list_of_words_only_some_are_kept() -> None:
    words = " ".join(f"word_{n}" for n in range(MAX_NAMES + 50))
    assert len(uses_of(words.encode())) == len(uses_of(f"{words} größe".encode())) == MAX_NAMES * 4


def test_a_name_that_hundreds_of_imports_mean_breaks_nothing(file: Path) -> None:
    index = Index(file)
    index.write([entry(f"m{n}/x.py", "run") for n in range(45)])
    found = index.definitions(["run"], pieces={"run": [f"m{44 - n}/x." for n in range(2_000)]})
    assert {one.path for one in found} == {f"m{n}/x.py" for n in range(45)}
