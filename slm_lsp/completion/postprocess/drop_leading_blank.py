"""A space that stands before the cursor already is not written a second time."""

import re
from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

# Text begins right behind these, unless the file does otherwise: `( x )` is some people's style.
HUGGING = "([{."
# Behind code, a comment stands apart as far as it likes.
COMMENT = re.compile(r"[ \t]+(#|//|/\*|--)")


def drop_leading_blank(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Cut white space at the start behind white space, and behind an opener that hugs its text."""
    before, text = around.document.line_prefix, draft.text
    if text[:1] not in (" ", "\t") or COMMENT.match(text) or not before.strip():
        return draft
    last = before[-1]
    hugs = last in HUGGING and not re.search(re.escape(last) + r"[ \t]+\S", around.document.text)
    return replace(draft, text=text.lstrip(" \t")) if last in " \t" or hugs else draft
