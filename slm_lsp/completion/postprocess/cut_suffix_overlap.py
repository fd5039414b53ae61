"""What stands after the cursor already is not suggested again."""

from dataclasses import replace

from slm_lsp.completion.postprocess.brackets import CLOSERS, PAIRS, open_brackets, unopened_at
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

# A shorter piece of code in common is a coincidence.
MIN_WORDS = 3


def cut_suffix_overlap(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Cut the end of the suggestion that repeats the rest of the cursor's line.

    Closers typed ahead are merged elsewhere; this is about code in the middle of a line.
    """
    document = around.document
    after = document.line_suffix.rstrip()
    if document.only_closers_follow or not after.strip():
        return draft
    first, line_end, _ = draft.text.partition("\n")
    rest = after.strip()
    if len(rest) >= MIN_WORDS and rest in first:
        return replace(draft, text=first[: first.index(rest)])
    for length in range(min(len(first), len(after)), 0, -1):
        kept = first[: len(first) - length]
        # A closer of what the suggestion opened is its own, and the one behind it another's.
        if first.endswith(after[:length]) and _is_whole(after, length):
            if not open_brackets(kept, document.language):
                return replace(draft, text=kept)
    doubled = _doubled(first, rest[:1])
    if doubled is not None:
        return replace(draft, text=first[:doubled].rstrip())
    # With code after the cursor there is room for one line only.
    return replace(draft, text=first) if line_end else draft


def _doubled(first: str, closer: str) -> int | None:
    """Where the suggestion closes what the closer behind it closes, in text and strings, too."""
    still_open = [char for char in first if char in CLOSERS or char in PAIRS]
    if closer not in PAIRS or (still_open and still_open[-1] == PAIRS[closer]):
        return None
    return next((index for index in unopened_at(first) if first[index] == closer), None)


def _is_whole(after: str, length: int) -> bool:
    """True when the overlap is a sign, or so much text that it is no coincidence."""
    if length >= MIN_WORDS:
        return True
    return not any(char.isalnum() or char == "_" for char in after[:length])
