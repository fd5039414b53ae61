"""What stands after the cursor already is not suggested again."""

from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, Surroundings

# A shorter overlap with the next lines is a coincidence, such as one bracket.
MIN_OVERLAP = 6


def cut_suffix_overlap(draft: Draft, around: Surroundings) -> Draft | None:
    """Merge the suggestion's end with the text after the cursor.

    Closers that the editor typed ahead are replaced by the suggestion's own when it brings all
    of them, so that text inside and after them can be suggested as one piece. Other text of the
    line stays, and the part of the suggestion that repeats it goes.
    """
    document = around.document
    after = document.line_suffix
    text = draft.text
    if after.strip():
        if document.only_closers_follow and "\n" not in text:
            closers = after.rstrip()
            if _brings(text, closers):
                return replace(draft, text=text, n_replaced=len(closers))
        for length in range(min(len(text), len(after)), 0, -1):
            if text.endswith(after[:length]):
                return replace(draft, text=text[: len(text) - length])
        stripped = after.strip()
        if len(stripped) >= MIN_OVERLAP and stripped in text:
            return replace(draft, text=text[: text.index(stripped)])
        return draft
    below = document.next_lines.strip()
    for length in range(min(len(text), 400, len(below)), MIN_OVERLAP - 1, -1):
        if text.endswith(below[:length]):
            return replace(draft, text=text[: len(text) - length].rstrip())
    return draft


def _brings(text: str, closers: str) -> bool:
    """True when `text` closes what the editor closed ahead: its end holds the same closers."""
    remaining = closers.replace(" ", "")
    depth: list[str] = []
    pairs = {")": "(", "]": "[", "}": "{"}
    quotes = [char for char in remaining if char in "\"'`"]
    if quotes:
        return text.endswith(remaining)
    for char in text:
        if char in "([{":
            depth.append(char)
        elif char in pairs:
            if depth and depth[-1] == pairs[char]:
                depth.pop()
            elif remaining.startswith(char):
                remaining = remaining[1:]
            else:
                return False
        elif char in ";,:" and remaining.startswith(char) and not depth:
            remaining = remaining[1:]
    return not remaining
