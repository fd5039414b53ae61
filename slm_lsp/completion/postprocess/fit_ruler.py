"""A ruler is as long as the file's others, or as the title above it; else nobody knows how long."""

import re
from dataclasses import replace
from itertools import pairwise

from slm_context.cursor import LINE_END

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint, in_code

# So many of one sign to the line's end are a ruler.
RULER = re.compile(r"([-=#*_~])\1{5,}$")
LETTER = re.compile(r"[^\W_]")
LOOK_AROUND = 20_000


def fit_ruler(draft: Draft, around: InsertionPoint) -> Draft | None:
    """End a suggestion that is a ruler where others of the same sign end; drop it without any."""
    document = around.document
    match = RULER.match(draft.text.strip())
    if match is None or document.line_suffix[draft.n_replaced :].strip():
        return draft
    if "|" in document.line_prefix:
        return draft  # A table's.
    blank = draft.text[: len(draft.text) - len(draft.text.lstrip())]
    n_signs = _end(match[1], around) - len(document.line_prefix + blank)
    return replace(draft, text=blank + match[1] * n_signs) if n_signs > 0 else None


def _end(sign: str, around: InsertionPoint) -> int:
    """The column where the ruler ends; 0 where nothing tells."""
    document = around.document
    start = document.line_start
    above = LINE_END.split(document.text[max(0, start - LOOK_AROUND) : start])[:-1]
    below = LINE_END.split(document.next_lines[:LOOK_AROUND])
    lines = [line.rstrip() for line in above]
    lead = document.line_prefix.rstrip(sign + " ")
    n_title = len(lines[-1]) if lines and _is_title(lines[-1], sign, around) else 0
    if n_title and not lead.strip():
        # Others are for other titles, but for one that stands right above this one.
        over = lines[-2] if len(lines) > 1 else ""
        return len(over) if RULER.fullmatch(over.strip()) and over[-1] == sign else n_title
    under = below[1].rstrip() if len(below) > 1 else ""
    if not n_title and LETTER.search(below[0]) and RULER.search(under) and under[-1] == sign:
        return len(under)  # The title's below it.
    pairs = [
        *reversed(list(pairwise(["", *lines]))),
        *pairwise(["", *(line.rstrip() for line in below)]),
    ]
    for before, ruler in pairs:
        if RULER.search(ruler) and ruler[-1] == sign and "|" not in ruler:
            underlines = len(before) == len(ruler) and LETTER.search(before)
            if n_title and underlines:
                return n_title
            if underlines:
                continue  # As long as another title, which tells nothing here.
            if not n_title or ruler.rstrip(sign + " ") == lead:
                return len(ruler)
    return n_title


def _is_title(line: str, sign: str, around: InsertionPoint) -> bool:
    """Whether `line`, above the cursor's, is text that the ruler is to stand under."""
    document = around.document
    lead = document.line_prefix.rstrip(sign + " ")
    in_prose = around.tree is None or not around.once(in_code)
    if LETTER.search(document.line_prefix) or not (in_prose or lead.strip()):
        return False
    return line.startswith(lead) and LETTER.search(line) is not None
