"""Lines that stand right above or below are not news."""

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

# Lines this short repeat for good reasons: `}`, `pass`, `end`, `],`.
MIN_LENGTH = 6


def drop_repeated_line(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Drop a suggestion that makes the cursor's line, or its block, equal to its neighbour."""
    document = around.document
    tail = document.line_suffix[draft.n_replaced :] if "\n" not in draft.text else ""
    lines = _lines(document.line_prefix + draft.text + tail)
    if not lines or sum(len(line) for line in lines) < MIN_LENGTH:
        return draft
    above, below = around.once(_neighbours)
    repeats = lines == above[-len(lines) :] or lines == below[: len(lines)]
    return None if repeats else draft


def _neighbours(around: InsertionPoint) -> tuple[list[str], list[str]]:
    """The lines with text above and below the cursor's."""
    document = around.document
    above = document.text[: document.line_start][-4000:]
    return _lines(above), _lines(document.next_lines[:4000])


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
