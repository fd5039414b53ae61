"""Which files use a name: for each name the files, and for each file its names.

Positions are not kept: who asks reads a few of the files, and finds them there. Names are kept as
31 bits of their CRC-32, so that two now and then share one, which costs a look into a file in
vain. That takes a sixth of what one row for each name of each file would, and what a file's names
were cannot be read from the index.
"""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable
from zlib import crc32

from slm_context.names import IDENTIFIER, KEYWORDS

# Word lists and tables have more; no code does.
MAX_NAMES = 4_000
MIN_LENGTH = 3
# Files whose names are held until they are written: some 30 MB of them.
WRITTEN_AT_ONCE = 1024
# Lets the bytes of names through, and makes all others blanks.
NAME_BYTES = bytes(b if chr(b).isalnum() or chr(b) in "_$" else 32 for b in range(128)).ljust(256)
NINE, DOLLAR = b"9$"
# Of one file, or of one name.
REFERENCE_BYTES = array("I").itemsize
_KEYWORDS = frozenset(word.encode() for word in KEYWORDS)


def number_of(name: bytes) -> int:
    """What stands for a name."""
    return crc32(name) & 0x7FFFFFFF


def uses_of(data: bytes) -> bytes:
    """The names that a UTF-8 text holds, as numbers, each once.

    A word in a comment counts: to tell it from code takes longer than all the rest.
    """
    if data.isascii():  # a third faster than a pattern
        words = set(data.translate(NAME_BYTES).split())
    else:
        words = {word.encode() for word in set(IDENTIFIER.findall(data.decode("utf-8", "replace")))}
    words -= _KEYWORDS
    numbers = {
        crc32(word) & 0x7FFFFFFF
        for word in words
        if len(word) >= MIN_LENGTH and (word[0] > NINE or word[0] == DOLLAR)
    }
    return packed(numbers if len(numbers) <= MAX_NAMES else sorted(numbers)[:MAX_NAMES])


class Changes:
    """Which files use which names from now on, and which no longer: many files' in one go."""

    def __init__(self) -> None:
        self._n_noted = 0
        self._gained: defaultdict[int, list[int]] = defaultdict(list)
        self._lost: defaultdict[int, list[int]] = defaultdict(list)

    def note(self, db: sqlite3.Connection, file: int, uses: bytes) -> None:
        """A file uses these names, and no others; each is noted once before it is written."""
        row = db.execute("SELECT names FROM used WHERE file = ?", (file,)).fetchone()
        if row is None:
            after = unpacked(uses)
            for name in after:
                self._gained[name].append(file)
        else:
            before, after = set(unpacked(row[0])), set(unpacked(uses))
            for name in after - before:
                self._gained[name].append(file)
            for name in before - after:
                self._lost[name].append(file)
        if uses:
            db.execute("INSERT OR REPLACE INTO used VALUES (?, ?)", (file, uses))
        else:
            db.execute("DELETE FROM used WHERE file = ?", (file,))
        self._n_noted += 1
        if self._n_noted >= WRITTEN_AT_ONCE:
            self.write(db)

    def write(self, db: sqlite3.Connection) -> None:
        """Write what was noted, in the order of the names: each page is touched once."""
        for name, files in sorted(self._lost.items()):
            row = db.execute("SELECT files FROM uses WHERE name = ?", (name,)).fetchone()
            gone = set(files)
            left = [one for one in unpacked(row[0]) if one not in gone] if row else []
            if left:
                db.execute("UPDATE uses SET files = ? WHERE name = ?", (packed(left), name))
            else:
                db.execute("DELETE FROM uses WHERE name = ?", (name,))
        db.executemany(
            "INSERT INTO uses VALUES (?, ?) ON CONFLICT (name) "
            "DO UPDATE SET files = CAST(files || excluded.files AS BLOB)",
            ((name, packed(files)) for name, files in sorted(self._gained.items())),
        )
        self._n_noted = 0
        self._lost.clear()
        self._gained.clear()


def packed(numbers: Iterable[int]) -> bytes:
    return array("I", numbers).tobytes()


def unpacked(data: bytes) -> "array[int]":
    return array("I", data)
