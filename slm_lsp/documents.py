"""Open documents: what the editor has on screen, which is not what lies on disk.

Lines end where LSP says: at LF, CRLF and CR, and nowhere else. `str.splitlines` also breaks at
form feeds, U+2028 and others, which shifts every position below one.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from slm_lsp.columns import Encoding, from_code_points, to_code_points

LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+\Z")
SURROGATE = re.compile("[\ud800-\udfff]")


class Place(NamedTuple):
    """A position as the editor sends it: from 0, `units` in the encoding that was agreed on."""

    line: int
    units: int


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a document, in code points from its start."""

    offset: int
    removed: str
    inserted: str


@dataclass(frozen=True)
class DocumentSnapshot:
    """A document as it was at one moment. Lone surrogates, which no encoder takes, are U+FFFD."""

    uri: str
    version: int
    language_id: str
    text: str
    encoding: Encoding

    @cached_property
    def line_starts(self) -> list[int]:
        return [0, *accumulate(len(line) for line in split_lines(self.text)[:-1])]

    def offset_at(self, place: Place) -> int:
        """The code point at `place`; a place outside the document is moved to its edge."""
        if place.line < 0:
            return 0
        if place.line >= len(self.line_starts):
            return len(self.text)
        start, line = self._line(place.line)
        return start + to_code_points(line, place.units, self.encoding)

    def place_at(self, offset: int) -> Place:
        """Where the editor sees the code point `offset`."""
        number = bisect_right(self.line_starts, offset) - 1
        start, line = self._line(number)
        return Place(number, from_code_points(line, offset - start, self.encoding))

    def line(self, number: int) -> str:
        """A line without its end, "" where there is none."""
        return self._line(number)[1] if 0 <= number < len(self.line_starts) else ""

    def _line(self, number: int) -> tuple[int, str]:
        """Where a line starts, and the line without its end."""
        starts = self.line_starts
        end = starts[number + 1] if number + 1 < len(starts) else len(self.text)
        return starts[number], self.text[starts[number] : end].rstrip("\r\n")


class Document:
    """One open document; only `edit` and `replace` change it."""

    def __init__(
        self, uri: str, language_id: str, version: int, text: str, encoding: Encoding
    ) -> None:
        self.uri = uri
        self.language_id = language_id
        self.version = version
        self.encoding = encoding
        # Each line with its end; the last one has none and may be empty. Lists of lines make an
        # edit cheap in long files: only the lines that it touches are copied.
        self._lines = split_lines(text)
        # Offsets of the first lines, as far as they are known: typing stays in one region, so
        # those above it are added up once.
        self._starts = [0]
        self._text: str | None = text

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = "".join(self._lines)
        return self._text

    def snapshot(self) -> DocumentSnapshot:
        return DocumentSnapshot(
            self.uri, self.version, self.language_id, encodable(self.text), self.encoding
        )

    def replace(self, text: str) -> Edit:
        """The whole document is new."""
        before = self.text
        self._lines = split_lines(text)
        self._starts = [0]
        self._text = text
        return Edit(0, before, text)

    def edit(self, start: Place, end: Place, text: str) -> Edit:
        """Replace what stands from `start` to `end`; places outside are moved to the edge."""
        first, column = self._resolve(min(start, end))
        last, end_column = self._resolve(max(start, end))
        offset = self._start_of(first) + column
        removed = self._between(first, column, last, end_column)

        head = self._lines[first][:column]
        tail = self._lines[last][end_column:]
        if not head and first > 0 and self._lines[first - 1].endswith("\r"):
            # A "\n" that comes to stand after a "\r" makes one line end out of two.
            first -= 1
            head = self._lines[first]
        self._lines[first : last + 1] = split_lines(head + text + tail, last + 1 < len(self._lines))
        del self._starts[first + 1 :]
        self._text = None
        return Edit(offset, removed, text)

    def offset_at(self, place: Place) -> int:
        """The code point at `place`."""
        line, column = self._resolve(place)
        return self._start_of(line) + column

    def _resolve(self, place: Place) -> tuple[int, int]:
        """A line that exists, and a column in code points before its end."""
        if place.line < 0:
            return 0, 0
        if place.line >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        line = self._lines[place.line].rstrip("\r\n")
        return place.line, to_code_points(line, place.units, self.encoding)

    def _start_of(self, line: int) -> int:
        starts = self._starts
        if line >= len(starts):
            known = len(starts) - 1
            lengths = map(len, self._lines[known:line])
            starts[known:] = accumulate(lengths, initial=starts[known])
        return starts[line]

    def _between(self, first: int, column: int, last: int, end_column: int) -> str:
        if first == last:
            return self._lines[first][column:end_column]
        middle = self._lines[first + 1 : last]
        return "".join([self._lines[first][column:], *middle, self._lines[last][:end_column]])


def split_lines(text: str, more_follow: bool = False) -> list[str]:
    """The lines with their ends. The last one has none, unless `more_follow` in the document."""
    lines = LINE.findall(text)
    if not more_follow and (not lines or lines[-1][-1] in "\r\n"):
        lines.append("")
    return lines


def encodable(text: str) -> str:
    """`text` with U+FFFD for lone surrogates: as long as before, but every encoder takes it."""
    if text.isascii():
        return text
    return SURROGATE.sub("\ufffd", text)
