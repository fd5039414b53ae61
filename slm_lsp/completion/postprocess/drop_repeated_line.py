"""Lines that stand right above or below are not news, nor are imports that the file has."""

import re

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

# Lines this short repeat for good reasons: `}`, `pass`, `end`, `],`.
MIN_LENGTH = 6
# A line that is its neighbour without the end is no other one if so much of it is the same.
SHARE, NEARLY = 0.7, 12
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
    if not lines or sum(len(line) for line in lines) < MIN_LENGTH:
        return draft
    above, below = around.once(_neighbours)
    if lines == above[-len(lines) :] or lines == below[: len(lines)]:
        return None
    if len(lines) > 1:
        return draft
    near = (*above[-1:], *below[:1])
    is_known = any(_is_begun(lines[0], one) for one in near) or _is_imported(lines[0], around)
    return None if is_known else draft


def _is_begun(line: str, neighbour: str) -> bool:
    line = line.rstrip(")]}>;,\"' ")
    enough = len(line) >= max(NEARLY, SHARE * len(neighbour))
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


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
