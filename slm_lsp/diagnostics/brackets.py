"""Which brackets do not match, told by indentation where counting cannot tell."""

import re
from dataclasses import dataclass

PAIRS = {"(": ")", "[": "]", "{": "}"}
OPENERS = {closer: opener for opener, closer in PAIRS.items()}


@dataclass(frozen=True, slots=True)
class Bracket:
    """A bracket of the code itself, not of a string or a comment. `offset` in code points."""

    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Imbalance:
    """A bracket without its partner: `missing` is the text that would complete it."""

    offset: int
    missing: str


def imbalances(text: str, brackets: list[Bracket]) -> list[Imbalance]:
    """The brackets of `text` that have no partner, in document order.

    When a closer meets an opener of another kind, one of the two lost its partner. The one
    whose line is indented deeper gives way: a closer that stands at its line's start closes
    the block whose opener's line has the same indentation.
    """
    found: list[Imbalance] = []
    open_brackets: list[Bracket] = []
    for bracket in brackets:
        if bracket.text in PAIRS:
            open_brackets.append(bracket)
            continue
        while open_brackets:
            opener = open_brackets.pop()
            if PAIRS[opener.text] == bracket.text and not _skips_a_level(
                text, opener, bracket, open_brackets
            ):
                break
            if not any(PAIRS[other.text] == bracket.text for other in open_brackets):
                if PAIRS[opener.text] == bracket.text:
                    break
                open_brackets.append(opener)
                found.append(Imbalance(bracket.offset, OPENERS[bracket.text]))
                break
            found.append(Imbalance(opener.offset, PAIRS[opener.text]))
        else:
            found.append(Imbalance(bracket.offset, OPENERS[bracket.text]))
    found.extend(Imbalance(bracket.offset, PAIRS[bracket.text]) for bracket in open_brackets)
    return sorted(found, key=lambda imbalance: imbalance.offset)


def _skips_a_level(text: str, opener: Bracket, closer: Bracket, outer: list[Bracket]) -> bool:
    """True when `closer` starts its line at the indentation of an outer opener of its kind.

    `opener` then stands deeper and was never closed.
    """
    column = _leading_column(text, closer.offset)
    if column is None or _indent(text, opener.offset) <= column:
        return False
    return any(
        PAIRS[other.text] == closer.text and _indent(text, other.offset) == column
        for other in outer
    )


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def _indent(text: str, offset: int) -> int:
    match = re.compile(r"[ \t]*").match(text, _line_start(text, offset))
    return len(match.group()) if match else 0


def _leading_column(text: str, offset: int) -> int | None:
    """The column of `offset` when only white space stands before it on its line."""
    start = _line_start(text, offset)
    return offset - start if not text[start:offset].strip() else None
