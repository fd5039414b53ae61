"""A suggestion that adds nothing to be seen is none."""

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint


def drop_blank(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Drop white space, and text that stands there already, such as a closer typed ahead."""
    replaced = around.document.suffix[: draft.n_replaced]
    added = draft.text.replace(" ", "") != replaced.replace(" ", "")
    return draft if draft.text.strip() and added else None
