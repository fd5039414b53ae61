"""The filters after this one see one kind of line end."""

from dataclasses import replace

from slm_context.cursor import LINE_END

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint


def unify_line_ends(draft: Draft, around: InsertionPoint) -> Draft | None:
    return replace(draft, text=LINE_END.sub("\n", draft.text))
