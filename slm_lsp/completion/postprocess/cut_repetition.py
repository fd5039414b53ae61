"""Small models fall into loops: the same piece again and again."""

import re
from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

# A piece of 3 or more characters five times in a row, or of 12 or more three times.
LOOP = re.compile(r"(.{3,}?)\1{4,}|(.{12,}?)\2{2,}", re.S)
# Rules in comments and tables of numbers repeat for a reason.
ORNAMENT = re.compile(r"[\s\-=#*_./\\|+~0,]*")


def cut_repetition(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Keep what stands before the loop, to its line's end; a line that loops is no suggestion."""
    loops = ((match.start(), match[1] or match[2]) for match in LOOP.finditer(draft.text))
    start, piece = next((one for one in loops if not ORNAMENT.fullmatch(one[1])), (0, ""))
    if not piece:
        return draft
    # A loop of lines may begin behind the last letters of a line that is sound itself.
    kept = draft.text[: start + max(0, piece.find("\n"))]
    return replace(draft, text=kept) if kept.strip() else None
