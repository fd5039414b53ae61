"""A suggestion without a visible character is none."""

from slm_lsp.completion.postprocess.filter import Draft, Surroundings


def drop_blank(draft: Draft, around: Surroundings) -> Draft | None:
    return draft if draft.text.strip() else None
