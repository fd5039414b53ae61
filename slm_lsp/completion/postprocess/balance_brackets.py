"""A suggestion for one line closes no bracket that is not open before the cursor."""

from dataclasses import replace

from slm_lsp.completion.postprocess.brackets import (
    CLOSERS,
    PAIRS,
    open_brackets,
    open_quote,
    opens_quote,
    unopened,
)
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint
from slm_lsp.completion.types import CompletionMode

# Far enough back for any call or literal; more would be slow on minified files.
LOOK_BACK = 4000


def balance_brackets(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Cut a line before the first closer that has no opener, here or before the cursor.

    With code after the cursor its closers count as well: each belongs to an opener before it.
    Closers that were typed ahead do not: the suggestion may bring its own.
    """
    if around.mode is not CompletionMode.LINE:
        return draft
    document = around.document
    still_open = list(around.once(_open_before))
    if not document.only_closers_follow:
        for closer in unopened(document.line_suffix):
            if still_open and still_open[-1] == PAIRS[closer]:
                still_open.pop()
    quote = open_quote(document.line_prefix, document.language)
    for index, char in enumerate(draft.text):
        if quote:
            escaped = index > 0 and draft.text[index - 1] == "\\"
            quote = "" if char == quote and not escaped else quote
        elif opens_quote(draft.text, index, document.language):
            quote = char
        elif char in CLOSERS:
            still_open.append(char)
        elif char in PAIRS:
            if not still_open or still_open[-1] != PAIRS[char]:
                return replace(draft, text=draft.text[:index].rstrip())
            still_open.pop()
    return draft


def _open_before(around: InsertionPoint) -> list[str]:
    before = around.document.prefix[-LOOK_BACK:]
    return [before[index] for index in open_brackets(before, around.document.language)]
