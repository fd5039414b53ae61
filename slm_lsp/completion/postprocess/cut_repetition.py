"""Small models fall into loops: the same piece again and again."""

import re
from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint, in_code

# A piece of 3 or more characters five times in a row, or of 12 or more three times.
LOOP = re.compile(r"(.{3,}?)\1{4,}|(.{12,}?)\2{2,}", re.S)
# Rules in comments and tables of numbers repeat for a reason.
ORNAMENT = re.compile(r"[\s\-=#*_./\\|+~0,]*")
# In prose, a word twice in a row; in code it may be a type of two words.
TWICE = re.compile(r"\b([^\W\d]{3,}) \1\b")


def cut_repetition(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Keep what stands before the loop, to its line's end; a line that loops is no suggestion.

    Of a word that is written twice the first one stays.
    """
    if not around.once(in_code):
        draft = _without_second(draft, around.document.line_prefix)
    loops = ((match.start(), match[1] or match[2]) for match in LOOP.finditer(draft.text))
    start, piece = next((one for one in loops if not ORNAMENT.fullmatch(one[1])), (0, ""))
    if not piece:
        return draft
    # A loop of lines may begin behind the last letters of a line that is sound itself.
    kept = draft.text[: start + max(0, piece.find("\n"))]
    return replace(draft, text=kept) if kept.strip() else None


def _without_second(draft: Draft, before: str) -> Draft:
    line, n_before = before + draft.text, len(before)
    found = (match for match in TWICE.finditer(line) if match.end() > n_before)
    match = next(found, None)
    return draft if match is None else replace(draft, text=line[n_before : match.end(1)])
