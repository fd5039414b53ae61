"""Text whose brackets do not count in C-like languages: directives, and branches not taken."""

import re
from dataclasses import dataclass

# A comment that begins on a directive's line belongs to it to its end.
DIRECTIVE = re.compile(
    r"^[ \t]*#[ \t]*(\w+)((?:\\[ \t]*\r?\n|/\*(?:[^*]|\*(?!/))*\*/|[^\n])*)\n?", re.M
)
NEVER = re.compile(r"\s*(?:0|false)\s*(?:$|/)")
OPENING = ("if", "ifdef", "ifndef")
FURTHER = ("else", "elif", "elifdef", "elifndef")


@dataclass(frozen=True, slots=True)
class Branch:
    """The text of one branch of an #if; `counts` for that which is taken to be compiled."""

    start: int
    end: int
    counts: bool


@dataclass(slots=True)
class _Open:
    start: int
    counts: bool
    counted: bool  # a branch of this #if has counted


def directives(text: str) -> list[tuple[int, int]]:
    """Where directives stand, with their continuation lines."""
    return [match.span() for match in DIRECTIVE.finditer(text)]


def branches(text: str) -> list[Branch]:
    """All branches; the first of each #if counts, the second below `#if 0`.

    What is only for C++ compilers (`extern "C" {`) counts nowhere.
    """
    found: list[Branch] = []
    open_ifs: list[_Open] = []
    for match in DIRECTIVE.finditer(text):
        name, condition = match.groups()
        if name in OPENING:
            counts = not NEVER.match(condition) and "__cplusplus" not in condition
            open_ifs.append(_Open(match.end(), counts, counts))
        elif name in (*FURTHER, "endif") and open_ifs:
            one = open_ifs.pop()
            found.append(Branch(one.start, match.start(), one.counts))
            if name != "endif":
                counts = not one.counted
                open_ifs.append(_Open(match.end(), counts, True))
    return found
