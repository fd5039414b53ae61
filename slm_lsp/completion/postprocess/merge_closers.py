"""Closers that the editor typed ahead are the suggestion's own, not a second set of them."""

from dataclasses import replace

from slm_lsp.completion.postprocess.brackets import (
    CLOSERS,
    PAIRS,
    QUOTES,
    open_quote,
    opens_quote,
)
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint


def merge_closers(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Replace those closers after the cursor that the suggestion brings itself.

    Walks the suggestion: a closer that it did not open, and that is the next one typed ahead, is
    that one. What was typed ahead and is not brought stays where it is, after the suggestion.
    """
    document = around.document
    ahead = document.line_suffix.rstrip()
    if not ahead or not document.only_closers_follow:
        return draft
    quote = open_quote(document.line_prefix, document.language)
    depth: list[str] = []
    n_replaced = 0
    for index, char in enumerate(draft.text):
        if char in "\r\n":
            break
        escaped = index > 0 and draft.text[index - 1] == "\\"
        expected = ahead[_skip_blanks(ahead, n_replaced) :][:1]
        if quote and not (char == quote and not escaped):
            continue
        if quote:
            quote = ""
            # A quote that the suggestion opened was cleared of `ahead` when it was opened.
            if depth and depth[-1] in QUOTES:
                depth.pop()
            elif char == expected:
                n_replaced = _skip_blanks(ahead, n_replaced) + 1
            elif draft.text[:index].endswith(_inside(ahead, char)):
                # What is typed ahead begins within the quote: `"/{█}"`.
                n_replaced = ahead.index(char) + 1
        elif opens_quote(draft.text, index, document.language):
            quote = char
            depth.append(char)
        elif char in CLOSERS and not (char == expected == "{" and not depth):
            depth.append(char)
        elif depth and PAIRS.get(char) == depth[-1]:
            depth.pop()
        elif not depth and char == expected:
            n_replaced = _skip_blanks(ahead, n_replaced) + 1
    return replace(draft, n_replaced=n_replaced)


def _inside(ahead: str, quote: str) -> str | tuple[()]:
    """What stands ahead within the quote; () where it does not end there."""
    inside, ends, _ = ahead.partition(quote)
    return inside if ends else ()


def _skip_blanks(text: str, index: int) -> int:
    while index < len(text) and text[index] == " ":
        index += 1
    return index
