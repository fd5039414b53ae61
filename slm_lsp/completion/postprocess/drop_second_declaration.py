"""What may stand once in its place is not suggested a second time.

A copy is made of lines that are there: of a class in its own body, of a method beside itself, of
a case that the same choice has. Nobody writes these, and no compiler takes most of them.
"""

import re

from slm_context.cursor import LINE_END

from slm_lsp.completion.postprocess.claims import (
    Claim,
    Kind,
    claim_of,
    first_condition,
    lines_with,
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
    Kind.IMPORTED: re.compile(r"\b(?:import|use|export|def|fn|function)\b.*[({]$"),
}
# Those that say below them what else the same name takes, or where it is compiled at all.
_TOLD_APART = re.compile(r"@.*(?:\.|overload)|#\[.*cfg")
# Far enough for any file that is written by hand.
REACH = 60_000


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
    if not around.once(begins_in_code) or around.once(_is_told_apart):
        return draft
    return None if _is_made(claim, columns(line), around) else draft


def _is_made(claim: Claim, width: int, around: InsertionPoint) -> bool:
    """Whether another line in the same place, `width` columns in, claims the same."""
    document = around.document
    above = document.text[max(0, document.line_start - REACH) : document.line_start]
    below = document.next_lines[:REACH]
    opener = _OPENERS.get(claim.kind)
    if opener is not None and not opener.search(_line_around(above, width)):
        return False
    for start, end in lines_with(claim.key, above):
        line = above[start:end]
        if _says(claim, line, around) and _is_with(claim.kind, columns(line), width, above[end:]):
            return True
    for start, end in lines_with(claim.key, below):
        line = below[start:end]
        if columns(line) == width and _says(claim, line, around):
            if _is_with(claim.kind, width, width, below[:start]):
                return True
    return False


def _says(claim: Claim, line: str, around: InsertionPoint) -> bool:
    said = claim_of(line.strip(), around.document.language)
    if said is None and claim.kind is Kind.CONDITION:
        said = first_condition(line.strip())
    return said == claim


def _is_with(kind: Kind, other: int, width: int, between: str) -> bool:
    """Whether a line so far in, with these lines between, is in the same place as the cursor's."""
    if other > width or (other < width and kind is not Kind.DECLARED):
        return False
    for line in LINE_END.split(between):
        text = line.lstrip(" \t")
        if not text:
            continue
        own = columns(line)
        if own < width and own <= other:
            return False
        if own == other == width:
            if kind is Kind.CONDITION and not _IN_CHAIN.match(text):
                return False
            if kind is Kind.CASE and not _IN_CHOICE.match(text):
                return False
    return True


def _line_around(above: str, width: int) -> str:
    """The line that what is so far in stands in."""
    lines = reversed(LINE_END.split(above))
    around = (one for one in lines if one.strip() and columns(one) < width)
    return next(around, "").rstrip()


def _is_told_apart(around: InsertionPoint) -> bool:
    """Whether the line above, a decorator or an attribute, makes this one another."""
    above = around.document.text[: around.document.line_start].rstrip()
    return _TOLD_APART.match(LINE_END.split(above[-400:])[-1].strip()) is not None
