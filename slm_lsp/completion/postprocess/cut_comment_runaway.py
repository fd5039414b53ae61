"""Models that start to explain do not stop: code is wanted, not an essay."""

import re
from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

COMMENT = re.compile(r"\s*(#(?!include|define|if|endif|else|pragma|\[)|//|/\*|\*(?=\s|/|$)|--\s)")
# A comment of two lines before code is a comment; more of them are a runaway.
MAX_LINES = 2


def cut_comment_runaway(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Cut a run of comment lines that is too long, and comments that no code follows.

    Where the person is writing a comment already, its lines are what is wanted.
    """
    if COMMENT.match(around.document.line_prefix):
        return draft
    lines = draft.text.split("\n")
    kept: list[str] = []
    n_comments = 0
    for line in lines:
        n_comments = n_comments + 1 if COMMENT.match(line) else 0
        if n_comments > MAX_LINES:
            break
        kept.append(line)
    while len(kept) > 1 and (COMMENT.match(kept[-1]) or not kept[-1].strip()):
        kept.pop()
    return replace(draft, text="\n".join(kept))
