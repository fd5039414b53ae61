"""White space at the end of a suggestion is invisible, and stays in the file."""

from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint


def trim_end(draft: Draft, around: InsertionPoint) -> Draft | None:
    return replace(draft, text=draft.text.rstrip())
