"""A line that stands right above or below is not news."""

from slm_lsp.completion.postprocess.filter import Draft, Surroundings

# Lines this short repeat for good reasons: `}`, `pass`, `end`.
MIN_LENGTH = 6


def drop_repeated_line(draft: Draft, around: Surroundings) -> Draft | None:
    """Drop a suggestion that makes the cursor's line equal to its neighbour."""
    document = around.document
    first = draft.text.split("\n", 1)[0].rstrip("\r")
    line = (document.line_prefix + first).strip()
    if len(line) < MIN_LENGTH:
        return draft
    above = document.prefix[: len(document.prefix) - len(document.line_prefix)].splitlines()
    before = next((one.strip() for one in reversed(above) if one.strip()), "")
    after = next((one.strip() for one in document.next_lines.splitlines() if one.strip()), "")
    return None if line in (before, after) else draft
