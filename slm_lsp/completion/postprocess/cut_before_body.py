"""No statement ends before the body that stands behind it."""

from dataclasses import replace

from slm_lsp.completion.postprocess.brackets import unopened_at
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint


def cut_before_body(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Cut a statement's end where a brace follows: `if (█) {`, or `void run(█)` above its body.

    What is left ends with the bracket that the suggestion closes.
    """
    text = draft.text.rstrip()
    if not text.endswith(";") or "\n" in text or not around.once(_has_body):
        return draft
    closers = unopened_at(text.partition(";")[0])
    return replace(draft, text=text[: closers[-1] + 1]) if closers else draft


def _has_body(around: InsertionPoint) -> bool:
    document = around.document
    if not document.only_closers_follow:
        return False
    if "{" in document.line_suffix:
        return True
    below = next((line for line in document.next_lines[:1000].splitlines() if line.strip()), "")
    return below.rstrip() == document.indent + "{"
