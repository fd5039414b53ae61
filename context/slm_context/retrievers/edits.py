"""What was just changed in other files, as a diff, where the cursor's code is alike.

Somebody who renames an argument in one file goes on to the files that call it. The old lines,
beside the new ones, say what to do with those that are still old here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from slm_context.remembered import remembers
from slm_context.retrievers.similar import jaccard, words_of
from slm_context.types import Origin, Snippet

# Larger changes are no example of anything: a file was written, moved or formatted.
MAX_CHANGED_LINES, MAX_HUNKS = 60, 12
SHOWN_LINES = 6
# A hunk is alike when the text has a name that the change took away, or many of its words.
FLOOR = 0.3


@dataclass(frozen=True, slots=True)
class Changed:
    """A file's text as it was when it came into sight, and as it is."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that stand in place of others, from line `start` on."""

    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def text(self) -> str:
        lines = [f"-{line}" for line in self.old[:SHOWN_LINES]]
        lines += [f"+{line}" for line in self.new[:SHOWN_LINES]]
        return "\n".join(lines) + "\n"


def edit_snippets(around: str, files: Iterable[Changed], most: int = 2) -> list[Snippet]:
    """The changes that the text around the cursor is alike to, the most alike first.

    `files` come in the order in which they were changed, the last one first.
    """
    screen = words_of(around)
    found: list[Snippet] = []
    for file in files:
        for hunk in hunks(file.before, file.after):
            old, new = words_of("\n".join(hunk.old)), words_of("\n".join(hunk.new))
            gone = (old - new) & screen
            score = 1.0 if gone else jaccard(old | new, screen & (old | new))
            if not old or not new or score < FLOOR or not (screen & new):
                continue
            reason = f"{', '.join(sorted(gone))} was changed there" if gone else "changed just now"
            origin = Origin.RECENT_EDIT
            found.append(Snippet(file.path, hunk.text, hunk.start, origin, score, reason))
            break
    found.sort(key=lambda one: -one.score)
    return found[:most]


@remembers(max_chars=2_000_000)
def hunks(before: str, after: str) -> tuple[Hunk, ...]:
    """What changed from one text to the other; () where too much did."""
    old, new = before.split("\n"), after.split("\n")
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    # Two places far apart leave many equal lines between them; comparing those costs a while.
    if max(len(old), len(new)) > 20 * MAX_CHANGED_LINES:
        return ()
    found = [
        Hunk(start + from_new, tuple(old[from_old:to_old]), tuple(new[from_new:to_new]))
        for kind, from_old, to_old, from_new, to_new in SequenceMatcher(
            None, old, new, autojunk=False
        ).get_opcodes()
        if kind != "equal"
    ]
    n_changed = sum(len(one.old) + len(one.new) for one in found)
    return tuple(found) if n_changed <= MAX_CHANGED_LINES and len(found) <= MAX_HUNKS else ()
