"""White space at the end of a suggestion is invisible, and stays in the file."""

from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, Surroundings


def trim_end(draft: Draft, around: Surroundings) -> Draft | None:
    return replace(draft, text=draft.text.rstrip())
