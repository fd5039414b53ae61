"""What other tools report of the lines around the cursor, and which names they name.

A compiler's "undefined: Basket" and a type checker's "missing argument 'timeout' in call to
'connect'" name what the next edit is about. What stands in quotes counts, what a few phrases lead
to, and words that no prose has: `snake_case`, `camelCase`, `name(`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slm_context.cursor import DocumentContext
from slm_context.names import KEYWORDS, LINES_AFTER, LINES_BEFORE, weight_at

# Longer messages explain types at length.
MAX_MESSAGE, MAX_NAMES = 600, 8
QUOTED = re.compile(r"(?<!\w)[`'\"‘“]([^`'\"’”\n]{2,120})[`'\"’”](?!\w)")
LED_TO = re.compile(r"(?:\bundefined:|\bcall to|\btype) ([\w.$:]+)|(\w+)(?= cannot be resolved)")
CODE = re.compile(r"\b(?:\w+(?=\()|[A-Za-z]\w*_\w+|[a-z]\w*[a-z][A-Z]\w*|[A-Z]+[a-z]\w*[A-Z]\w*)")
NAME = re.compile(r"[A-Za-z_$][\w$]+")


@dataclass(frozen=True, slots=True)
class Reported:
    """What a tool says of a part of a line, as the line was then; columns are code points."""

    line: str
    start: int
    end: int
    names: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class ReportedName:
    """A name that a report names. `weight` is 1 on the cursor's line and falls with distance."""

    source: str
    weight: float
    is_here: bool  # the report is about the cursor's line


def names_in(message: str) -> tuple[str, ...]:
    """The names of code in a message, in its order."""
    message = message[:MAX_MESSAGE]
    found: list[tuple[int, str]] = []
    for pattern in (QUOTED, LED_TO, CODE):
        for match in pattern.finditer(message):
            start = match.start(match.lastindex or 0)
            found += [
                (start + one.start(), one[0]) for one in NAME.finditer(match[match.lastindex or 0])
            ]
    names = dict.fromkeys(name for _, name in sorted(found) if name not in KEYWORDS)
    return tuple(names)[:MAX_NAMES]


def names_around(
    document: DocumentContext, reported: Sequence[Reported]
) -> dict[str, ReportedName]:
    """The names that are reported of lines near the cursor and still hold, the nearest first."""
    if not reported:
        return {}
    found: dict[str, ReportedName] = {}
    for distance, line in sorted(_lines(document), key=lambda one: one[0]):
        for one in reported:
            here = distance == 0
            if one.line == line or (here and _is_typed_into(one.line, document)):
                for name in one.names:
                    found.setdefault(name, ReportedName(one.source, weight_at(distance), here))
    return found


def _lines(document: DocumentContext) -> Iterator[tuple[int, str]]:
    """The lines around the cursor, and how far away they are."""
    before = document.text[max(0, document.line_start - 8_000) : document.line_start]
    yield 0, document.line_prefix + document.line_suffix
    for number, line in enumerate(reversed(before.split("\n")[-LINES_BEFORE:-1])):
        yield number + 1, line.rstrip("\r")
    for number, line in enumerate(document.next_lines[:3_000].split("\n")[:LINES_AFTER]):
        yield number + 1, line.rstrip("\r")


def _is_typed_into(line: str, document: DocumentContext) -> bool:
    """Whether the cursor's line is `line` and what was typed at the cursor since."""
    after = document.line_suffix
    before = line[: len(line) - len(after)]
    return (
        bool(before.strip())
        and before + after == line
        and (document.line_prefix.startswith(before))
    )
