"""What may stand once in its place is not suggested a second time.

A copy is made of lines that are there: of a class in its own body, of a method beside itself, of
a case that the same choice has. Nobody writes these, and no compiler takes most of them.
"""

import re
from collections.abc import Iterable, Iterator

from slm_context.cursor import LINE_END
from slm_context.syntax import Place

from slm_lsp.completion.postprocess.claims import (
    TYPES,
    Claim,
    Kind,
    claim_of,
    first_condition,
)
from slm_lsp.completion.postprocess.filter import (
    Draft,
    InsertionPoint,
    begins_in_code,
    columns,
)

# Lines of a chain of conditions at its own indentation, and of a choice.
_IN_CHAIN = re.compile(r"\}|else\b|elif\b|//|#")
_IN_CHOICE = re.compile(r"(case\b.*|default\s*):|\}|//|/\*")
# What the line ends with, or begins with, that such lines stand in.
_OPENERS = {
    Kind.WITHIN: re.compile(r"[{(]$"),
    Kind.LISTED: re.compile(r"\($"),
    Kind.IMPORTED: re.compile(
        r"^\s*(?:(?:from\s.*)?import\s.*[({]|(?:pub\S*\s+)?use\s.*\{|export\s+(?:type\s+)?\{)$"
        r"|\b(?:def|fn|function)\b[^{(]*\($"
    ),
}
_PYTHON_DEF = re.compile(r"(?:async\s+)?def\s")
_IN_FUNCTION = re.compile(r"\s*(?:(?:async\s+)?def\s|\))")
# Those that say below them what else the same name takes, or where it is compiled at all.
_TOLD_APART = re.compile(r"@.*(?:[.(]|overload)|#!?\[.*cfg|[)\]]+$")
# Decorators, attributes and comments, among which those stand.
_BEFORE_IT = re.compile(r"@|#|//|/\*|\*")
# Far enough for any file that is written by hand.
REACH = 60_000
# A line, and where it begins.
Line = tuple[int, str]


def drop_second_declaration(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Drop a line that declares what its block has, or is in, or repeats a key or a case.

    What the person has typed so far they know themselves.
    """
    document = around.document
    first, more, _ = draft.text.partition("\n")
    tail = "" if more else document.line_suffix[draft.n_replaced :]
    line = document.line_prefix + first + tail
    claim = claim_of(line.strip(), document.language)
    if claim is None or claim == claim_of(document.line_prefix.strip(), document.language):
        return draft
    if not around.once(begins_in_code) or around.once(_cursor_is_told_apart):
        return draft
    return None if _is_made(claim, columns(line), around) else draft


def _is_made(claim: Claim, width: int, around: InsertionPoint) -> bool:
    """Whether another line in the same place, `width` columns in, claims the same."""
    opener = _OPENERS.get(claim.kind)
    above = around.once(_lines_above)
    if opener is not None and not opener.search(_line_around(above, width)):
        return False
    # A function's helper may be another one further down.
    if _PYTHON_DEF.match(claim.key) and _IN_FUNCTION.match(_line_around(above, width)):
        return False
    return any(
        claim.key in line and _says(claim, start, line, around) and _counts(start, line, around)
        for lines in (above, around.once(_lines_below))
        for start, line in _in_place(claim, width, lines)
        # What is further out stands around the cursor only if it stands above.
        if lines is above or columns(line) == width
    )


def _in_place(claim: Claim, width: int, lines: list[Line]) -> Iterator[Line]:
    """The lines, from the cursor on, that are in the same place as one that is so far in.

    Of the blocks that a type is in, what they begin with is in its place, too.
    """
    least = width
    for one in lines:
        text = one[1].strip()
        own = columns(one[1]) if text else width + 1
        if own < least:
            if claim.what not in TYPES:
                return
            least = own
            yield one
        elif own == least == width:
            yield one
            if claim.kind is Kind.CONDITION and not _IN_CHAIN.match(text):
                return
            if claim.kind is Kind.CASE and not _IN_CHOICE.match(text):
                return


def _lines_above(around: InsertionPoint) -> list[Line]:
    """The lines above the cursor's, the nearest first."""
    end = around.document.line_start
    start = max(0, end - REACH)
    lines = _lines(around.document.text, start, end)
    return lines[:0:-1] if start else lines[::-1]


def _lines_below(around: InsertionPoint) -> list[Line]:
    document = around.document
    start = len(document.text) - len(document.next_lines)
    return _lines(document.text, start, start + REACH)


def _lines(text: str, start: int, end: int) -> list[Line]:
    found: list[Line] = []
    for match in LINE_END.finditer(text, start, end):
        found.append((start, text[start : match.start()]))
        start = match.end()
    return [*found, (start, text[start:end])]


def _counts(start: int, line: str, around: InsertionPoint) -> bool:
    """Whether the line that begins there is code, and nothing tells it apart from its like."""
    tree = around.tree
    first = start + len(line) - len(line.lstrip())
    if tree is not None and tree.place(first) is not Place.CODE:
        return False
    return not _is_told_apart(reversed(_lines(around.document.text, max(0, start - 2000), start)))


def _says(claim: Claim, start: int, line: str, around: InsertionPoint) -> bool:
    said = claim_of(line.strip(), around.document.language)
    is_above = start < around.document.line_start
    # Below the cursor, a first condition begins another chain.
    if said is None and claim.kind is Kind.CONDITION and is_above:
        said = first_condition(line.strip())
    return said == claim


def _line_around(above: list[Line], width: int) -> str:
    """The line that what is so far in stands in."""
    around = (line for _, line in above if line.strip() and columns(line) < width)
    return next(around, "").rstrip()


def _is_told_apart(above: Iterable[Line]) -> bool:
    """Whether a decorator or an attribute above, the nearest line first, makes a line another."""
    for _, line in above:
        text = line.strip()
        if _TOLD_APART.match(text):
            return True
        if text and not _BEFORE_IT.match(text):
            return False
    return False


def _cursor_is_told_apart(around: InsertionPoint) -> bool:
    return _is_told_apart(around.once(_lines_above))
