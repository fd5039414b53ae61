"""When enough was generated: checked while the model writes, so that nothing is decoded in vain."""

import re

from slm_context.cursor import LINE_END, DocumentContext

from slm_lsp.completion.types import CompletionMode

# A block that is longer is a guess about what the person wants, not help with it.
MAX_BLOCK_LINES = 8


def end_of_answer(text: str, document: DocumentContext, mode: CompletionMode) -> int | None:
    """Where the answer ends within `text`; None while it may go on."""
    if mode is CompletionMode.LINE:
        match = LINE_END.search(text)
        # A line that starts with its own end is the next line: the first one with text counts.
        while match and not text[: match.start()].strip():
            match = LINE_END.search(text, match.end())
        return match.start() if match else None
    return _end_of_block(text, len(document.indent.expandtabs(4)))


def _end_of_block(text: str, indent: int) -> int | None:
    """The block ends before the first line that is indented less than its first line."""
    starts = [match.end() for match in LINE_END.finditer(text)]
    for n_lines, start in enumerate(starts, 1):
        end = LINE_END.search(text, start)
        line = text[start : end.start() if end else len(text)]
        complete = end is not None or line.strip() != ""
        if complete and line.strip() and _indent(line) < indent:
            return len(text[:start].rstrip())
        if n_lines >= MAX_BLOCK_LINES:
            return len(text[:start].rstrip())
    return None


def _indent(line: str) -> int:
    match = re.match(r"[ \t]*", line)
    return len(match.group().expandtabs(4)) if match else 0
