"""Which brackets do not match, told by indentation where counting cannot tell."""

import re
from dataclasses import dataclass

from slm_context.cursor import line_start

PAIRS = {"(": ")", "[": "]", "{": "}"}
# Before the `(` of parameters or of a condition: a keyword, or a type and a name.
HEADER = re.compile(
    r"\b(?:function|func|fn|if|for|while|switch|catch|match)\b[^(]*$"
    r"|\b(?!new\b|return\b|await\b|throw\b|else\b|yield\b)[\w>\]*&]+\s+\w+\s*$"
)
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
    the block whose opener's line has the same indentation. Indentation is only asked where the
    brackets do not nest: it never makes an imbalance of brackets that do.
    """
    if nested(brackets):
        return []
    found: list[Imbalance] = []
    open_brackets: list[Bracket] = []
    # More blocks end than begin: then indentation tells which one does not begin.
    opened_nowhere = _count(brackets, "}") > _count(brackets, "{")
    for bracket in brackets:
        if bracket.text in PAIRS:
            open_brackets.append(bracket)
            continue
        if opened_nowhere and _has_no_opener(text, bracket, open_brackets):
            found.append(Imbalance(bracket.offset, OPENERS[bracket.text]))
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


def nested(brackets: list[Bracket]) -> bool:
    """True when every bracket has its partner by counting alone."""
    expected: list[str] = []
    for bracket in brackets:
        if bracket.text in PAIRS:
            expected.append(PAIRS[bracket.text])
        elif not expected or expected.pop() != bracket.text:
            return False
    return not expected


def expected_place(text: str, imbalance: Imbalance) -> int:
    """Where the missing partner belongs, told by indentation: an offset at the end of a line.

    A closer belongs behind the last line that is indented deeper than its opener's; an opener at
    the end of the line above that stands at its closer's indentation.
    """
    offset = imbalance.offset
    if imbalance.missing in OPENERS:
        return _place_of_closer(text, offset)
    column = _leading_column(text, offset)
    if column is None:
        return offset  # text before it on its line: the opener is missing there
    start = line_start(text, offset)
    while start > 0:
        start = line_start(text, start - 1)
        line = _line(text, start)
        if line.strip() and _indent(text, start) <= column:
            return start + len(line.rstrip())
    return offset


def _place_of_closer(text: str, offset: int) -> int:
    column = _indent(text, offset)
    start = line_start(text, offset)
    line = _line(text, start).rstrip()
    place = start + len(line)
    if text[offset] == "(" and line.endswith("{") and HEADER.search(line[: offset - start]):
        return place  # the lines below are the body of what this line declares
    for match in re.compile(r"\r\n|\r|\n").finditer(text, offset):
        line = _line(text, match.end())
        if not line.strip():
            # A line that was emptied of its closer still has its indentation.
            if len(line) == column and column and match.end() > place:
                return match.end() + column
            continue
        if _indent(text, match.end()) <= column:
            break
        place = match.end() + len(line.rstrip())
    return place


def _count(brackets: list[Bracket], kind: str) -> int:
    return sum(one.text == kind for one in brackets)


def _has_no_opener(text: str, closer: Bracket, open_brackets: list[Bracket]) -> bool:
    """True for a `}` that starts its line deeper than the line of the `{` that it would close."""
    column = _leading_column(text, closer.offset) if closer.text == "}" else None
    if column is None or not open_brackets or open_brackets[-1].text != "{":
        return False
    return _indent(text, open_brackets[-1].offset) < column


def _line(text: str, start: int) -> str:
    return re.compile(r"[^\r\n]*").match(text, start).group()  # type: ignore[union-attr]


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


def _indent(text: str, offset: int) -> int:
    match = re.compile(r"[ \t]*").match(text, line_start(text, offset))
    return len(match.group()) if match else 0


def _leading_column(text: str, offset: int) -> int | None:
    """The column of `offset` when only white space stands before it on its line."""
    start = line_start(text, offset)
    return offset - start if not text[start:offset].strip() else None
