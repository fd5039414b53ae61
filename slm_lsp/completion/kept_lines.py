"""What is kept for a line, and found again from the places behind it while a person types on."""

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from slm_context.cursor import DocumentContext, line_start

from slm_lsp.completion.gate import MAX_LINE_CHARS

MAX_ENTRIES = 500
# Of one line: asking again at each of its places makes no more than these.
MAX_OF_A_LINE = 32
# A text of several lines is typed through over as many.
MAX_LINES_UP = 10
# More than a prompt holds before the cursor.
PREFIX_CHARS = 8000
SUFFIX_CHARS = 4000

Place = tuple[str, str, int]  # scope, path, start
Line = tuple[str, str, int, str]  # and a digest of what is above and below


class Entry(Protocol):
    """`before` is the text of its line up to where it was made."""

    @property
    def before(self) -> str: ...


E = TypeVar("E", bound=Entry)


class KeptLines(Generic[E]):
    """Entries by the line they were made on: its file, its place, all above it and all below.

    `scope` names everything else that an entry depends on.
    """

    def __init__(self) -> None:
        self._lines: OrderedDict[Line, list[E]] = OrderedDict()
        # How many of them begin at a place: what is above and below is only looked at there.
        self._places = Counter[Place]()
        self._n_entries = 0

    def put(self, scope: str, document: DocumentContext, entry: E) -> None:
        """Of several entries made at one place, the last one stays."""
        if len(document.line_prefix) + len(document.line_suffix) > MAX_LINE_CHARS:
            return  # nobody types along here, and five hundred of these would be a lot
        line = _line(scope, document, document.line_start)
        if line not in self._lines:
            self._places[line[:3]] += 1
        entries = self._lines.setdefault(line, [])
        n_before = len(entries)
        entries[:] = [one for one in entries if one.before != entry.before][-MAX_OF_A_LINE + 1 :]
        entries.append(entry)
        self._n_entries += len(entries) - n_before
        self._lines.move_to_end(line)
        while self._n_entries > MAX_ENTRIES and len(self._lines) > 1:
            oldest, gone = self._lines.popitem(last=False)
            self._places[oldest[:3]] -= 1
            if not self._places[oldest[:3]]:
                del self._places[oldest[:3]]
            self._n_entries -= len(gone)

    def at(self, scope: str, document: DocumentContext) -> Iterator[tuple[list[E], str]]:
        """The entries that may lead to the cursor, those of the nearest line first.

        With each line's, the text from its start to the cursor.
        """
        for start in _starts(document):
            if (scope, document.path, start) not in self._places:
                continue
            line = _line(scope, document, start)
            if line in self._lines:
                self._lines.move_to_end(line)
                yield self._lines[line], document.text[start : document.offset]

    def clear(self) -> None:
        self._lines.clear()
        self._places.clear()
        self._n_entries = 0


def _line(scope: str, document: DocumentContext, start: int) -> Line:
    """The line at `start`, above the cursor or the cursor's."""
    below = document.next_lines
    after = f"{len(below)}:{_digest(below[:SUFFIX_CHARS])}"
    above = _digest(document.text[max(0, start - PREFIX_CHARS) : start])
    return scope, document.path, start, f"{above}:{after}"


def _starts(document: DocumentContext) -> Iterator[int]:
    """Where the lines that lead to the cursor begin, the nearest first."""
    text, start = document.text, document.line_start
    for _ in range(MAX_LINES_UP + 1):
        yield start
        if start == 0:
            return
        end = start - 2 if text.startswith("\r\n", start - 2) and start > 1 else start - 1
        start = line_start(text, end)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
