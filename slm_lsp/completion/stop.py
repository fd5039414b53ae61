"""When enough was generated: checked while the model writes, so that nothing is decoded in vain."""

import re

from slm_context.cursor import LINE_END, DocumentContext
from slm_context.scope import scope_end
from slm_context.syntax import SyntaxTree

from slm_lsp.completion.types import CompletionMode

# A block that is longer is a guess about what the person wants, not help with it.
MAX_BLOCK_LINES = 8


def end_of_answer(
    text: str,
    document: DocumentContext,
    mode: CompletionMode,
    tree: SyntaxTree | None = None,
) -> int | None:
    """Where the answer ends within `text`; None while it may go on.

    A block ends with the scope that the cursor is in. `tree` is the document's: it decides, where
    there is one and it can tell, and the indentation elsewhere.
    """
    if mode is CompletionMode.LINE:
        return _end_of_line(text)
    by_length = _end_of_lines(text)
    by_indent = _end_by_indent(text, len(document.indent.expandtabs(4)))
    by_scope = _scope_end(text, document, tree, by_indent, by_indent)
    return min((end for end in (by_length, by_scope) if end is not None), default=None)


def ends_while_written(
    text: str, document: DocumentContext, tree: SyntaxTree | None = None
) -> bool:
    """Whether a block is complete before the model ends it.

    The tree is asked where the indentation says so. Where it cannot tell, a string may be open:
    the model goes on.
    """
    if _end_of_lines(text) is not None:
        return True
    by_indent = _end_by_indent(text, len(document.indent.expandtabs(4)))
    return by_indent is not None and _scope_end(text, document, tree, None, by_indent) is not None


def _end_of_line(text: str) -> int | None:
    match = LINE_END.search(text)
    # A line that starts with its own end is the next line: the first one with text counts.
    while match and not text[: match.start()].strip():
        match = LINE_END.search(text, match.end())
    return match.start() if match else None


def _scope_end(
    text: str,
    document: DocumentContext,
    tree: SyntaxTree | None,
    where_broken: int | None,
    without_tree: int | None,
) -> int | None:
    """Where the cursor's scope ends within `text`, or else one of the two answers."""
    blank = len(text) - len(text.lstrip())
    # To the grammars, a file of bare CR is one line.
    if tree is None or blank == len(text) or document.line_end == "\r":
        return without_tree
    n_before = document.offset
    spliced = tree.edited(document.prefix + text + document.suffix)
    end = scope_end(spliced, n_before, n_before + blank)
    if end is None:
        return where_broken
    inside, behind = text[: end - n_before], text[end - n_before :]
    return len(inside.rstrip()) if behind.strip() else None


def _end_of_lines(text: str) -> int | None:
    """The end of as many lines as a block may have."""
    ends = [match.end() for match in LINE_END.finditer(text)]
    return len(text[: ends[MAX_BLOCK_LINES - 1]].rstrip()) if len(ends) >= MAX_BLOCK_LINES else None


def _end_by_indent(text: str, indent: int) -> int | None:
    """The block ends before the first line that is indented less than its first line."""
    for match in LINE_END.finditer(text):
        start = match.end()
        end = LINE_END.search(text, start)
        line = text[start : end.start() if end else len(text)]
        if line.strip() and _indent(line) < indent:
            return len(text[:start].rstrip())
    return None


def _indent(line: str) -> int:
    match = re.match(r"[ \t]*", line)
    return len(match.group().expandtabs(4)) if match else 0
