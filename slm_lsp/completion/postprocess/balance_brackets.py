"""A suggestion for one line closes no bracket that is not open before the cursor."""

from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, Surroundings
from slm_lsp.completion.types import CompletionMode

PAIRS = {")": "(", "]": "[", "}": "{"}
# Far enough back for any call or literal; more would be slow on minified files.
LOOK_BACK = 4000


def balance_brackets(draft: Draft, around: Surroundings) -> Draft | None:
    """Cut a line before the first closer that has no opener, here or before the cursor."""
    if around.mode is not CompletionMode.LINE:
        return draft
    closed_after = around.document.line_suffix[draft.n_replaced :]
    open_brackets = _open_in(around.document.prefix[-LOOK_BACK:])
    # Each closer that stays after the cursor belongs to one of the open brackets.
    for char in closed_after:
        if char in PAIRS and open_brackets and open_brackets[-1] == PAIRS[char]:
            open_brackets.pop()
    quote = ""
    for index, char in enumerate(draft.text):
        if quote:
            quote = "" if char == quote and draft.text[index - 1] != "\\" else quote
        elif char in "\"'`":
            quote = char
        elif char in "([{":
            open_brackets.append(char)
        elif char in PAIRS:
            if not open_brackets or open_brackets[-1] != PAIRS[char]:
                # Without grammar the count of brackets in strings may be off: believe a closer
                # whose opener stands on this line.
                return replace(draft, text=draft.text[:index].rstrip())
            open_brackets.pop()
    return draft


def _open_in(text: str) -> list[str]:
    """The brackets that `text` leaves open, skipping those inside quotes on one line."""
    found: list[str] = []
    quote, last = "", ""
    for char in text:
        if quote:
            if (char == quote and last != "\\") or char == "\n":
                quote = ""
        elif char in '"`':
            quote = char
        elif char in "([{":
            found.append(char)
        elif char in PAIRS and found and found[-1] == PAIRS[char]:
            found.pop()
        last = char
    return found
