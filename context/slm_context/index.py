"""The repository's definitions, references and imports: what may be asked of them."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slm_context.database import readable, writable
from slm_context.entries import FileStamp, IndexedFile, write_entries
from slm_context.imports import Import
from slm_context.references import REFERENCE_BYTES, number_of, unpacked
from slm_context.tags import Definition

# More definitions of one name say little, unless something vouches for one of them.
MANY = 6
NO_PIECES: Mapping[str, Sequence[str]] = {}
# Rows of answers that are kept: some ten megabytes.
MAX_KEPT = 12_000
# Parts of paths that one name is looked for at: SQLite takes no more than a thousand.
MAX_PIECES = 64
# A name that more files use tells none of them from the others.
MANY_USERS = 2_000


@dataclass(frozen=True, slots=True)
class Found:
    """A definition and where it stands."""

    path: str
    language: str
    definition: Definition


class Index:
    """An open index. Not to be shared between threads. What was answered is kept until `renew`."""

    def __init__(self, file: Path, *, read_only: bool = False) -> None:
        """Raises sqlite3.Error when there is nothing to read, or no way to write."""
        self.file = file
        self._kept: dict[tuple[object, ...], Any] = {}
        self._kept_of: int = -1
        self._n_kept = 0
        self._db = readable(file) if read_only else writable(file)

    def close(self) -> None:
        self._db.close()

    def stamps(self) -> dict[str, FileStamp]:
        """Every indexed path and its stamp."""
        rows = self._db.execute("SELECT path, size, mtime_ns FROM files")
        return {path: FileStamp(size, mtime_ns) for path, size, mtime_ns in rows}

    def digests(self) -> dict[str, str]:
        """Every indexed path and the digest of its content."""
        return dict(self._db.execute("SELECT path, digest FROM files"))

    def digest(self, path: str) -> str:
        """The digest of one file's content, "" when it is not known."""
        row = self._db.execute("SELECT digest FROM files WHERE path = ?", (path,)).fetchone()
        return row[0] if row is not None else ""

    def write(self, files: Iterable[IndexedFile], removed: Iterable[str] = ()) -> None:
        """Put these files in, in place of what was known of them, in one transaction."""
        self._kept.clear()
        with self._db:
            # Before anything is looked up: another process must not write what this one then adds.
            self._db.execute("BEGIN IMMEDIATE")
            write_entries(self._db, files, removed)

    def definitions(
        self,
        names: Iterable[str],
        limit: int = 40,
        worth: Callable[[str], bool] | None = None,
        pieces: Mapping[str, Sequence[str]] = NO_PIECES,
    ) -> list[Found]:
        """The definitions of any of these names, at most `limit` of each.

        Of a name that many have, only those at paths that are `worth` it, and a few that show
        that there are many: to make all of them objects takes longer than to find them. Of one that
        has more than `limit`, also those whose paths hold one of its `pieces`.
        """
        found: list[Found] = []
        kept = self._kept
        for name in names:
            key = (name, limit)
            if key not in kept:
                rows = self._db.execute(_BY_NAME, (name, limit)).fetchall()
                self._n_kept += 1 + len(rows)
                kept[key] = [_found(row) for row in rows[:MANY]], rows[MANY:]
            few, more = kept[key]
            found += few
            found += [_found(row) for row in more if worth is None or worth(row[0])]
            if len(few) + len(more) >= limit and pieces.get(name):
                parts = pieces[name][:MAX_PIECES]
                held = " OR ".join(["instr(f.path, ?)"] * len(parts))
                arguments = name, *parts, limit, limit
                rows = self._asked(f"{_OF_NAME} AND ({held}) LIMIT ? + ?", arguments)
                known = {(row[0], row[5]) for row in more} | {
                    (one.path, one.definition.start_line) for one in few
                }
                found += [_found(row) for row in rows if (row[0], row[5]) not in known]
        return found

    def renew(self) -> None:
        """Forget what was answered before something was written; to be called at each question.

        From key to key the same is asked, and asking costs more than all that is done with it.
        """
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        if version != self._kept_of or self._n_kept > MAX_KEPT:
            self._kept.clear()
            self._kept_of, self._n_kept = version, 0

    def _asked(self, sql: str, arguments: tuple[object, ...]) -> list[Any]:
        """The rows of an answer, from before where it was given before."""
        kept, key = self._kept, (sql, *arguments)
        if key not in kept:
            kept[key] = self._db.execute(sql, arguments).fetchall()
            self._n_kept += 1 + len(kept[key])
        return kept[key]

    def outline(self, path: str) -> list[Definition]:
        """What a file defines, in text order."""
        rows = self._asked(
            f"SELECT {_COLUMNS} FROM definitions d JOIN files f ON f.id = d.file "
            "WHERE f.path = ? ORDER BY d.start_line",
            (path,),
        )
        return [_found(row).definition for row in rows]

    def methods_apart(self, scope: str, limit: int = 200) -> list[Found]:
        """The methods of a class that stand outside of it, maybe in other files."""
        rows = self._asked(
            f"SELECT {_COLUMNS} FROM definitions d JOIN files f ON f.id = d.file "
            "WHERE d.scope = ? AND d.apart ORDER BY f.path, d.start_line LIMIT ?",
            (scope, limit),
        )
        return [_found(row) for row in rows]

    def beside(self, folder: str, limit: int = 400) -> list[Found]:
        """What files right in a folder define that is no member of anything."""
        rows = self._asked(
            f"SELECT {_COLUMNS} FROM files f JOIN definitions d ON f.id = d.file "
            f"WHERE {_IN_FOLDER} AND d.scope = '' ORDER BY f.path, d.start_line LIMIT ?",
            (*_range(folder), limit),
        )
        return [_found(row) for row in rows]

    def files_in(self, folder: str, languages: Sequence[str], limit: int) -> list[str]:
        """The files of some languages right in a folder."""
        rows = self._asked(
            f"SELECT path FROM files f WHERE {_IN_FOLDER} AND language IN ({_marks(languages)}) "
            "ORDER BY path LIMIT ?",
            (*_range(folder), *languages, limit),
        )
        return [path for (path,) in rows]

    def has_folder(self, name: str) -> bool:
        """Whether any folder of indexed files is called so."""
        sql = "SELECT 1 FROM files WHERE path GLOB ? OR path GLOB ? LIMIT 1"
        return bool(self._asked(sql, (f"{name}/*", f"*/{name}/*")))

    def size(self, path: str) -> int:
        """A file's bytes, 0 where it is not known."""
        rows = self._asked("SELECT size FROM files WHERE path = ?", (path,))
        return rows[0][0] if rows else 0

    def stamp(self, path: str) -> FileStamp | None:
        """As what a file was read; None where it was not."""
        rows = self._asked("SELECT size, mtime_ns FROM files WHERE path = ?", (path,))
        return FileStamp(*rows[0]) if rows else None

    def checked(self, path: str) -> FileStamp | None:
        """As what a file was found to hold nothing that keeps it from being shown."""
        sql = "SELECT size, mtime_ns FROM files WHERE path = ? AND digest != ''"
        rows = self._asked(sql, (path,))
        return FileStamp(*rows[0]) if rows else None

    def users(self, names: Iterable[str], languages: Sequence[str], limit: int = 300) -> list[str]:
        """Files of some languages that use all of these names.

        None where each of the names is everywhere, or all of them in more than `limit` files: a
        few of these would be no better than any others.
        """
        files: set[int] = set()
        for name in dict.fromkeys(names):
            asked = MANY_USERS * REFERENCE_BYTES, number_of(name.encode())
            row = self._db.execute(_USERS, asked).fetchone()
            if row is None:
                return []
            if row[0] is not None:
                of_name = set(unpacked(row[0]))
                files = files & of_name if files else of_name
                if not files:
                    return []
        if len(files) > limit:
            return []
        sql = (
            f"SELECT path FROM files WHERE id IN ({_marks(files)}) "
            f"AND language IN ({_marks(languages)}) ORDER BY path"
        )
        return [path for (path,) in self._db.execute(sql, (*files, *languages))]

    def n_users(self, name: str) -> int:
        """How many files use a name."""
        rows = self._asked(_N_USERS, (number_of(name.encode()),))
        return rows[0][0] // REFERENCE_BYTES if rows else 0

    def imports(self, path: str) -> list[Import]:
        return [
            Import(module, tuple((here, there) for here, there in names))
            for (row,) in self._asked("SELECT imports FROM files WHERE path = ?", (path,))
            for module, names in json.loads(row)
        ]

    def paths(self, names: Iterable[str]) -> Iterator[str]:
        """Files whose last part, without the extension, is one of these names."""
        for name in names:
            rows = self._asked("SELECT path FROM files WHERE stem = ? LIMIT 50", (name,))
            yield from (path for (path,) in rows)

    def count(self) -> tuple[int, int]:
        """How many files and definitions there are."""
        (n_files,) = self._db.execute("SELECT count(*) FROM files").fetchone()
        (n_definitions,) = self._db.execute("SELECT count(*) FROM definitions").fetchone()
        return n_files, n_definitions


_USERS = "SELECT CASE WHEN length(files) <= ? THEN files END FROM uses WHERE name = ?"
_N_USERS = "SELECT length(files) FROM uses WHERE name = ?"
_IN_FOLDER = "f.path >= ? AND f.path < ? AND instr(substr(f.path, ?), '/') = 0"
_COLUMNS = (
    "f.path, f.language, d.name, d.kind, d.scope, d.start_line, d.end_line, d.signature, "
    "d.doc, d.apart"
)
_OF_NAME = f"SELECT {_COLUMNS} FROM definitions d JOIN files f ON f.id = d.file WHERE d.name = ?"
_BY_NAME = f"{_OF_NAME} LIMIT ?"


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _range(folder: str) -> tuple[str, str, int]:
    """What `_IN_FOLDER` asks for: all below, by the index of paths, and nothing deeper."""
    if not folder:
        return "", "\U0010ffff", 1
    return f"{folder}/", f"{folder}0", len(folder) + 2


def _found(row: tuple[str, str, str, str, str, int, int, str, str, int]) -> Found:
    return Found(row[0], row[1], Definition(*row[2:-1], bool(row[-1])))
