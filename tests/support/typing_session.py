"""Random but valid edits, on an editor's side that is written as plainly as possible.

The reference keeps the text as one string and counts lines by LSP's definition, character by
character: slow, and too simple to share a mistake with `slm_lsp.documents`.
"""

import random
from dataclasses import dataclass

CODEC = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}

# What editors send and naive servers get wrong: astral characters, every line end and the
# things that only look like one.
PIECES = (
    "x", "foo", " ", "\t", "é", "中", "😀", "𝒳y", "\n", "\r\n", "\r", "\n\n", "\x0c", "\x0b",
    "\x1c", "\x85", "\u2028", "\u2029", "a\x0cb\u2028c\n", "def f():\n    return 😀\r\n", "\ufeff",
    "\r\r\n", "",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RandomEdit:
    """One contentChanges entry, and the text after it."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str
    after: str


def random_text(rng: random.Random, n: int) -> str:
    return "".join(rng.choice(PIECES) for _ in range(n))


def random_edit(rng: random.Random, text: str, encoding: str) -> RandomEdit:
    """Replace a random range of `text` by something random."""
    start, end = sorted(_settled(text, rng.randint(0, len(text))) for _ in range(2))
    if rng.random() < 0.5:
        end = start
    elif end - start > 60 and rng.random() < 0.9:
        end = _settled(text, start + rng.randint(0, 60))
    start = min(start, end)
    new = random_text(rng, rng.choice((0, 1, 1, 1, 2, 6)))
    return RandomEdit(
        position(text, start, encoding),
        position(text, end, encoding),
        new,
        text[:start] + new + text[end:],
    )


def position(text: str, offset: int, encoding: str) -> tuple[int, int]:
    """Where an editor sees `offset`: line, and column in code units."""
    line, line_start, at = 0, 0, 0
    while at < offset:
        if text.startswith("\r\n", at) and at + 2 <= offset:
            at += 2
        elif text[at] in "\r\n":
            at += 1
        else:
            at += 1
            continue
        line, line_start = line + 1, at
    codec, unit = CODEC[encoding]
    return line, len(text[line_start:offset].encode(codec)) // unit


def _settled(text: str, offset: int) -> int:
    """No position lies between the CR and the LF of one line end."""
    inside = 0 < offset < len(text) and text[offset - 1 : offset + 1] == "\r\n"
    return offset - 1 if inside else offset
