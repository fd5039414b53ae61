"""Columns: LSP counts code units of the encoding that was agreed on, we count code points.

A column past the end of the line means its end; one inside a character means its start.
"""

import re
from enum import StrEnum

# What takes two units in UTF-16.
ASTRAL = re.compile("[\U00010000-\U0010ffff]")
# The second to fourth byte of a UTF-8 character.
CONTINUATION_BYTES = bytes(range(0x80, 0xC0))


class Encoding(StrEnum):
    """What a column counts. The values are LSP's names."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


def to_code_points(line: str, units: int, encoding: Encoding) -> int:
    """Where the column `units` lies in `line`, in code points."""
    if units <= 0:
        return 0
    if encoding is Encoding.UTF32 or line.isascii():
        return min(units, len(line))
    if encoding is Encoding.UTF8:
        encoded = line.encode("utf-8", "surrogatepass")
        n_begun = len(encoded[:units].translate(None, CONTINUATION_BYTES))
        inside = units < len(encoded) and encoded[units] in CONTINUATION_BYTES
        return n_begun - inside
    n_pairs = 0
    for match in ASTRAL.finditer(line, 0, units):
        column = match.start() + n_pairs
        if column >= units:
            break
        if column + 1 == units:
            return match.start()
        n_pairs += 1
    return min(units - n_pairs, len(line))


def from_code_points(line: str, n: int, encoding: Encoding) -> int:
    """The column of the code point `n` of `line`; the width of the line's first `n`."""
    if encoding is Encoding.UTF32 or line.isascii():
        return min(n, len(line))
    if encoding is Encoding.UTF8:
        return len(line[:n].encode("utf-8", "surrogatepass"))
    return len(line[:n].encode("utf-16-le", "surrogatepass")) // 2


def width(text: str, encoding: Encoding) -> int:
    """How many columns `text` takes."""
    return from_code_points(text, len(text), encoding)
