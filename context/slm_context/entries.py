"""What is written of files into the index."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from slm_context.references import Changes
from slm_context.tags import FileTags

# Names that every folder may have.
GENERIC = frozenset({"__init__", "index", "mod"})


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What says that a file is as it was when it was read. `size` is in bytes."""

    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """One file's entry, to be written."""

    path: str  # relative to the root, with forward slashes
    language: str
    stamp: FileStamp
    tags: FileTags | None  # None: its content, and so all that follows from it, is as it was
    digest: str = ""  # of the content, "" when it was not read
    uses: bytes = b""  # the names in it, by `references.uses_of`


def write_entries(
    db: sqlite3.Connection, files: Iterable[IndexedFile], removed: Iterable[str]
) -> None:
    """Put these files in, in place of what was known of them, in the transaction that is open."""
    changes = Changes()
    for path in removed:
        file = known_as(db, path)
        if file is not None:
            changes.note(db, file, b"")
            db.execute("DELETE FROM definitions WHERE file = ?", (file,))
            db.execute("DELETE FROM files WHERE id = ?", (file,))
    for one in files:
        stamp = one.stamp.size, one.stamp.mtime_ns
        if one.tags is None:
            sql = "UPDATE files SET size = ?, mtime_ns = ? WHERE path = ?"
            db.execute(sql, (*stamp, one.path))
            continue
        imports = json.dumps(one.tags.imports)
        said = stem_of(one.path), one.language, *stamp, one.digest, imports
        file = known_as(db, one.path)
        if file is None:
            sql = "INSERT INTO files VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"
            file = db.execute(sql, (one.path, *said)).lastrowid
            assert file is not None
        else:
            sql = (
                "UPDATE files SET stem = ?, language = ?, size = ?, mtime_ns = ?, digest = ?, "
                "imports = ? WHERE id = ?"
            )
            db.execute(sql, (*said, file))
            db.execute("DELETE FROM definitions WHERE file = ?", (file,))
        db.executemany(
            "INSERT INTO definitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(file, *definition) for definition in one.tags.definitions],
        )
        changes.note(db, file, one.uses)
    changes.write(db)


def known_as(db: sqlite3.Connection, path: str) -> int | None:
    """The number of a file that was written before."""
    row = db.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
    return None if row is None else row[0]


def stem_of(path: str) -> str:
    """`"a/b/name.test.ts"` → `"name.test"`: what other files call it.

    What every folder has is told apart by its folder: `"b/__init__"`.
    """
    return last_of(path.rsplit(".", 1)[0] if "." in path.rsplit("/", 1)[-1] else path)


def last_of(path: str) -> str:
    """The last part of a path without extension, or the last two where one says nothing."""
    parts = path.rsplit("/", 2)
    return "/".join(parts[-2:]) if parts[-1] in GENERIC else parts[-1]
