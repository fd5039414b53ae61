"""A suggestion for one line closes no bracket that is not open before the cursor."""

from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint
from slm_lsp.completion.postprocess.merge_closers import PAIRS, open_quote
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
    open_brackets = list(around.once(_open_before))
    if not document.only_closers_follow:
        for closer in _unopened(document.line_suffix):
            if open_brackets and open_brackets[-1] == PAIRS[closer]:
                open_brackets.pop()
    quote = open_quote(document.line_prefix)
    for index, char in enumerate(draft.text):
        if quote:
            escaped = index > 0 and draft.text[index - 1] == "\\"
            quote = "" if char == quote and not escaped else quote
        elif char in "\"'`":
            quote = char
        elif char in PAIRS.values():
            open_brackets.append(char)
        elif char in PAIRS:
            if not open_brackets or open_brackets[-1] != PAIRS[char]:
                return replace(draft, text=draft.text[:index].rstrip())
            open_brackets.pop()
    return draft


def _open_before(around: InsertionPoint) -> list[str]:
    return open_in(around.document.prefix[-LOOK_BACK:])


def open_in(text: str) -> list[str]:
    """The brackets that `text` leaves open, skipping those inside quotes on one line."""
    found: list[str] = []
    quote = last = ""
    for char in text:
        if quote:
            if (char == quote and last != "\\") or char == "\n":
                quote = ""
        elif char in '"`' or (char == "'" and not last.isalnum()):
            quote = char
        elif char in PAIRS.values():
            found.append(char)
        elif char in PAIRS and found and found[-1] == PAIRS[char]:
            found.pop()
        last = char
    return found


def _unopened(text: str) -> list[str]:
    """The closers in `text` whose opener is not in it."""
    depth: list[str] = []
    found: list[str] = []
    for char in text:
        if char in PAIRS.values():
            depth.append(char)
        elif char in PAIRS and depth and depth[-1] == PAIRS[char]:
            depth.pop()
        elif char in PAIRS and not depth:
            found.append(char)
    return found
