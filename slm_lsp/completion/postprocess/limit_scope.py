"""No more text than was asked for: one line, or the rest of the block."""

from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint
from slm_lsp.completion.stop import end_of_answer


def limit_scope(draft: Draft, around: InsertionPoint) -> Draft | None:
    end = end_of_answer(draft.text, around.document, around.mode, around.tree)
    return draft if end is None else replace(draft, text=draft.text[:end])
