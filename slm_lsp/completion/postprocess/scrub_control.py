"""Characters that cannot be seen are not suggested."""

import unicodedata
from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

# Cc control, Cf format (bidirectional marks, zero-width), Cs surrogate, Co private, Cn unassigned.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
LEGITIMATE = {"\t", "\n", "\r"}


def scrub_control(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Cut the suggestion at the first unseen character: what follows cannot be trusted."""
    for index, char in enumerate(draft.text):
        unseen = char == "\ufffd" or unicodedata.category(char) in UNSEEN
        if unseen and char not in LEGITIMATE:
            return replace(draft, text=draft.text[:index])
    return draft
