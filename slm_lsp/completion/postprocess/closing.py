"""What a suggestion opens is closed, as the editor would do it where a person opens it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from slm_context.cursor import line_start

from slm_lsp.completion.postprocess.brackets import CLOSERS, open_brackets
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint
from slm_lsp.completion.types import CompletionMode

# What is taken from elsewhere is named: braces around nothing are no body of it.
TAKES = re.compile(
    r"\s*(?:export\s*|import\b[^=(]*|(?:pub\b.*\s)?use\b[^=]*|(?:export\s+)?(?:const|let|var)\s*)\{$"
)


def closed(draft: Draft, around: InsertionPoint) -> Iterator[Draft]:
    """The draft with closers for what it leaves open; nothing where that is no body to be written.

    A bracket that is followed by more on its line is a call that broke off, not a body. In a
    block the closers stand on lines of their own, below those of their openers.
    """
    document, text = around.document, draft.text
    if document.line_suffix[draft.n_replaced :].strip():
        return
    still_open = open_brackets(text, document.language)
    by_line = [list(group) for _, group in groupby(still_open, lambda at: line_start(text, at))]
    if not by_line or not all(_hangs(text, group[-1]) for group in by_line):
        return
    if around.mode is CompletionMode.BLOCK:
        text = "\n".join([text, *_lines(text, document.indent, by_line)])
    elif text.endswith("{") and not TAKES.match(document.line_prefix + text):
        text += "".join(CLOSERS[text[at]] for at in still_open[::-1])
    else:
        return
    yield replace(draft, text=text)
    if ";" + document.line_end in document.text:
        yield replace(draft, text=text + ";")


def _hangs(text: str, at: int) -> bool:
    """Whether the bracket ends its line. At the end of all, only a brace does: calls break off."""
    rest, goes_on, _ = text[at + 1 :].partition("\n")
    return not rest.strip() and (bool(goes_on) or text[at] == "{")


def _lines(text: str, indent: str, by_line: list[list[int]]) -> Iterator[str]:
    """The closers, innermost first: those of one line together, indented as it is."""
    for group in reversed(by_line):
        start = line_start(text, group[0])
        line = text[start:]
        own = line[: len(line) - len(line.lstrip(" \t"))] if start else indent
        yield own + "".join(CLOSERS[text[at]] for at in reversed(group))
