"""Suggestions end their lines as the file does."""

import re
from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, Surroundings


def match_line_ends(draft: Draft, around: Surroundings) -> Draft | None:
    return replace(draft, text=re.sub(r"\r\n|\r|\n", around.document.line_end, draft.text))
