"""A block ends where the code below the cursor begins."""

from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

# A single line below may be equal by chance when it is as short as this, such as `}` or `pass`.
MIN_LENGTH = 6


def cut_next_lines(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Cut the lines at the suggestion's end that stand below the cursor already."""
    lines = draft.text.split("\n")
    below = [line.strip() for line in around.document.next_lines[:4000].splitlines()]
    below = [line for line in below if line]
    for index in range(1, len(lines)):
        repeated = [line.strip() for line in lines[index:] if line.strip()]
        if not repeated or len(repeated) > len(below):
            continue
        if any(len(line) >= MIN_LENGTH for line in repeated) or len(repeated) > 1:
            *whole, last = repeated
            if whole == below[: len(whole)] and below[len(whole)].startswith(last):
                return replace(draft, text="\n".join(lines[:index]))
    return draft
