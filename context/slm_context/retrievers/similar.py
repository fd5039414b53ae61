"""Windows of other files that use the same words as the lines before the cursor (Jaccard).

The idea is Copilot's "neighbouring tabs", as others describe it; the floor is ours: without one,
such windows hurt small models about as often as they help.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from slm_context.remembered import remembers
from slm_context.types import Origin, Snippet

WORD = re.compile(r"[A-Za-z_]\w{2,}")
WINDOW_LINES, STEP = 14, 7
# Of a longer file the rest is not looked at.
MAX_LINES = 4_000
FLOOR = 0.22
# A window that is nearly the text at the cursor makes a model copy it; below, it is an example.
TOO_SIMILAR = 0.8
MERGED = 0.9


@dataclass(frozen=True, slots=True)
class OtherText:
    """A file that may be quoted."""

    path: str
    text: str


def similar_snippets(before: str, files: Iterable[OtherText], most: int = 3) -> list[Snippet]:
    """The windows most like the last lines of `before`, at most one a file, best first."""
    query = words_of("\n".join(before.split("\n")[-WINDOW_LINES:]))
    if len(query) < 4:
        return []
    found: list[tuple[float, frozenset[str], Snippet]] = []
    for file in files:
        best: tuple[float, int] = (0.0, 0)
        for start, words in windows(file.text):
            score = jaccard(query, words)
            if FLOOR <= score < TOO_SIMILAR and score > best[0]:
                best = (score, start)
        if best[0]:
            lines = file.text.split("\n")[best[1] : best[1] + WINDOW_LINES]
            text = "\n".join(lines).strip("\n") + "\n"
            reason = f"{best[0]:.0%} of its words are those before the cursor"
            snippet = Snippet(file.path, text, best[1], Origin.SIMILAR, best[0], reason)
            found.append((best[0], words_of(text), snippet))
    found.sort(key=lambda one: (-one[0], one[2].path))
    chosen: list[tuple[frozenset[str], Snippet]] = []
    for _, words, snippet in found:
        if all(jaccard(words, other) <= MERGED for other, _ in chosen):
            chosen.append((words, snippet))
    return [snippet for _, snippet in chosen[:most]]


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """The share of all words that both have."""
    common = len(a & b)
    return common / (len(a) + len(b) - common) if common else 0.0


def words_of(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(text))


# What it says takes nine bytes a character.
@remembers(max_chars=600_000)
def windows(text: str) -> tuple[tuple[int, frozenset[str]], ...]:
    """The first line of each window, and its words."""
    lines = text.split("\n")[:MAX_LINES]
    # Each window is two steps long, and each step is read once.
    steps = [
        words_of("\n".join(lines[start : start + STEP])) for start in range(0, len(lines), STEP)
    ]
    return tuple(
        (start, steps[n].union(*steps[n + 1 : n + WINDOW_LINES // STEP]))
        for n, start in enumerate(range(0, max(1, len(lines) - STEP), STEP))
    )
