"""Suggestions end their lines as the file does."""

from dataclasses import replace

from slm_context.cursor import LINE_END

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint


def match_line_ends(draft: Draft, around: InsertionPoint) -> Draft | None:
    return replace(draft, text=LINE_END.sub(around.document.line_end, draft.text))
