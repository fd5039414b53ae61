"""The index as a file: one SQLite database that can be thrown away at any time.

One writer at a time (WAL), any number of readers, also of other processes: two editors on one
repository share it. What was written by another version, or is damaged, is made anew.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

# Changes with the schema, the queries, what a column means, or what is a secret.
VERSION = 11
SCHEMA = """
CREATE TABLE files (
  id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, stem TEXT NOT NULL, language TEXT NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, digest TEXT NOT NULL, imports TEXT NOT NULL
);
CREATE TABLE definitions (
  file INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, scope TEXT NOT NULL,
  start_line INTEGER NOT NULL, end_line INTEGER NOT NULL, signature TEXT NOT NULL,
  doc TEXT NOT NULL, apart INTEGER NOT NULL
);
CREATE TABLE uses (name INTEGER PRIMARY KEY, files BLOB NOT NULL);
CREATE TABLE used (file INTEGER PRIMARY KEY, names BLOB NOT NULL);
CREATE INDEX files_stem ON files (stem);
CREATE INDEX definitions_name ON definitions (name);
CREATE INDEX definitions_file ON definitions (file);
CREATE INDEX definitions_apart ON definitions (scope) WHERE apart;
"""
# How long to wait for another process that writes.
BUSY_S = 5.0


def readable(file: Path) -> sqlite3.Connection:
    """An index that is there. Raises sqlite3.Error where there is none of this version."""
    db = sqlite3.connect(f"file:{_quoted(file)}?mode=ro", uri=True, timeout=0.005)
    if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        db.close()
        raise sqlite3.DatabaseError(f"{file} is of another version")
    return db


def writable(file: Path) -> sqlite3.Connection:
    """An index to write to, made anew where it is damaged or of another version.

    Raises sqlite3.OperationalError where it is locked or nothing can be written.
    """
    try:
        return _opened(file)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
            raise  # locked, full, read-only: another try of ours would not help
        for path in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
        return _opened(file)


def _opened(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)
    try:
        _patiently(lambda: db.execute("PRAGMA journal_mode = WAL"))
        # What a file's owner took back must not stay in pages that are free.
        db.execute("PRAGMA secure_delete = ON")
        # What a power cut loses is read again.
        db.execute("PRAGMA synchronous = OFF")
        # Another process may be making the same tables now: look again inside the lock.
        db.execute("BEGIN IMMEDIATE")
        if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            named = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in named.fetchall():
                db.execute(f'DROP TABLE "{table}"')
            for statement in filter(None, map(str.strip, SCHEMA.split(";"))):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("SELECT 1 FROM definitions LIMIT 1")
        db.execute("COMMIT")
        db.isolation_level = "DEFERRED"
        return db
    except BaseException:
        db.close()
        raise


def _patiently(work: Callable[[], object]) -> None:
    """Changing the journal's mode does not wait for others by itself."""
    give_up_at = time.monotonic() + BUSY_S
    while True:
        try:
            work()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)


def _quoted(file: Path) -> str:
    return str(file).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
