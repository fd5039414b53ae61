"""Lines that stand right above or below are not news, nor are imports that the file has."""

import re
from collections.abc import Iterable

from slm_context.cursor import LINE_END

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint, begins_in_code

# Lines this short repeat for good reasons: `}`, `end`, `],`. A way out of a block does not.
MIN_LENGTH = 6
WAY_OUT = re.compile(r"(?:pass|break|continue|return|\.\.\.);?")
# What a comment has instead of an empty line.
EMPTY_COMMENT = re.compile(r"[/*#!-]{1,3}")
# A line that is its neighbour without the end is no other one if so much of it is the same.
SHARE, NEARLY = 0.7, 12
# Lines of a comment have more words, and begin alike less often.
SHARE_OF_PROSE = 0.5
COMMENT = ("//", "# ", "* ", "-- ")
IMPORT = re.compile(
    r"^(?:import|from|(?:pub(?:\([^)]*\))?\s+)?use|using|require|#\s*include|export\b.*\bfrom)\b.*",
    re.MULTILINE,
)


def drop_repeated_line(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Drop what makes the cursor's line, or its block, equal to its neighbour, or all but its end.

    Names are imported once.
    """
    document = around.document
    tail = document.line_suffix[draft.n_replaced :] if "\n" not in draft.text else ""
    lines = _lines(document.line_prefix + draft.text + tail)
    if not lines:
        return draft
    if WAY_OUT.fullmatch(lines[0]) and len(lines) == 1:
        return None if document.indent + lines[0] in around.once(_beside) else draft
    if sum(len(line) for line in lines) < MIN_LENGTH:
        return draft
    above, below = around.once(_neighbours)
    if lines == above[-len(lines) :] or lines == below[: len(lines)]:
        return None
    if len(lines) > 1:
        return draft
    near = (*above[-1:], *below[:1])
    in_prose = lines[0].startswith(COMMENT) or not around.once(begins_in_code)
    share = SHARE_OF_PROSE if in_prose else SHARE
    is_known = any(_is_begun(lines[0], one, share) for one in near)
    is_known = is_known or _is_imported(lines[0], around)
    return None if is_known else draft


def _is_begun(line: str, neighbour: str, share: float) -> bool:
    line = line.rstrip(")]}>;,\"' ")
    enough = len(line) >= max(NEARLY, share * len(neighbour))
    return enough and neighbour.startswith(line)


def _is_imported(line: str, around: InsertionPoint) -> bool:
    is_import = not around.document.indent and IMPORT.match(line)
    return bool(is_import) and line in around.once(_imports)


def _imports(around: InsertionPoint) -> frozenset[str]:
    """All that is imported on other lines than the cursor's."""
    document = around.document
    texts = document.text[: document.line_start], document.next_lines
    return frozenset(one.rstrip() for text in texts for one in IMPORT.findall(text))


def _neighbours(around: InsertionPoint) -> tuple[list[str], list[str]]:
    """The lines with text above and below the cursor's."""
    document = around.document
    above = document.text[: document.line_start][-4000:]
    return _lines(above), _lines(document.next_lines[:4000])


def _beside(around: InsertionPoint) -> tuple[str, str]:
    """The lines with text right above and below, with their indentation."""
    document = around.document
    above = LINE_END.split(document.text[: document.line_start][-4000:])
    below = LINE_END.split(document.next_lines[:4000])
    return _first(reversed(above)), _first(below)


def _first(lines: Iterable[str]) -> str:
    return next((line for line in lines if line.strip()), "").rstrip()


def _lines(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not EMPTY_COMMENT.fullmatch(line)]
