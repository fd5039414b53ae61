"""The stretch of the file around the cursor that fits a prompt, chosen to stay put while typing.

A KV cache is worth what the prompt keeps. So the prefix starts at a step (a top-level definition
or, where there is none, a line) that moves rarely, and the suffix starts at the next line, which
typing on this line does not change.
"""

import re
from dataclasses import dataclass

from slm_context.cursor import CLOSERS, LINE_END, DocumentContext

# The start of the prefix moves by at least this share of its budget: each move evaluates the
# whole prefix again, and in between typing evaluates only what was typed.
STRIDE_SHARE = 0.25
# A prefix that starts where it did has to be this much of what could be told now, and begin with
# this much of what it was.
LEAST_KEPT = 0.5
SAME_SHARE = 0.75
# Of a suffix that is cut elsewhere.
ENOUGH_CHARS = 200
# A line at column 0 that opens something: a place where a file may be entered.
TOP_LEVEL = re.compile(r"^(?=[A-Za-z_@#\[])(?!else\b|elif\b|except\b|finally\b|endif\b)", re.M)
# Prefix over suffix: what comes before the cursor tells more about what follows.
PREFIX_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Window:
    """What the model is told of the file. `suffix` starts with the line end after the cursor."""

    prefix: str
    suffix: str
    start: int = 0  # of the prefix, in the file


def fit_window(
    document: DocumentContext,
    n_chars: int,
    before: Window | None = None,
    n_most_chars: int | None = None,
) -> Window:
    """Fit the text around the cursor into about `n_chars` characters.

    `before` is the window of the request before. It is used again as far as the file is nearly the
    same, so that its cells stay valid, and while it does not grow above `n_most_chars`: what is
    evaluated already may be longer than what could be evaluated in time.
    """
    n_most_chars = max(n_chars, n_most_chars or 0)
    suffix = suffix_of(document)
    wanted = int(n_chars * (1 - PREFIX_SHARE))
    # A short suffix leaves its share to the prefix.
    suffix = _whole_lines(suffix, wanted)
    n_room = n_chars
    if before is not None and len(before.suffix) <= max(wanted, n_most_chars // 2):
        if nearly_same(before.suffix, suffix):
            suffix, n_room = before.suffix, n_most_chars
    prefix = document.prefix
    n_wanted, n_room = n_chars - len(suffix), n_room - len(suffix)
    if before is not None and _still_fits(before, prefix, n_wanted, n_room):
        start = before.start
    else:
        start = prefix_start(prefix, n_wanted)
    return Window(prefix[start:], suffix, start)


def _still_fits(before: Window, prefix: str, n_wanted: int, n_room: int) -> bool:
    """Whether a prefix that starts where it did keeps most of its cells and tells enough."""
    n_kept = len(prefix) - before.start
    if not min(len(prefix), n_wanted * LEAST_KEPT) <= n_kept <= n_room:
        return False
    old = before.prefix
    n_same = int(SAME_SHARE * min(len(old), n_kept))
    return prefix.startswith(old[:n_same], before.start)


def suffix_of(document: DocumentContext) -> str:
    """The text after the cursor that the model sees.

    Closers that an editor typed ahead are left out: the model writes its own, and
    post-processing merges the two. Code on the cursor's line stays.
    """
    line_suffix = document.line_suffix
    if CLOSERS.fullmatch(line_suffix):
        return document.suffix[len(line_suffix) :]
    return document.suffix


def prefix_start(prefix: str, n_chars: int) -> int:
    """Where the prefix begins so that at most `n_chars` characters of it are left.

    The start is chosen among fixed places of the file, a good part of the budget apart: it jumps
    when the text before the cursor has outgrown the budget, and then stays for a long while.
    """
    if len(prefix) <= n_chars:
        return 0
    stride = max(1, int(n_chars * STRIDE_SHARE))
    earliest = -(-(len(prefix) - n_chars) // stride) * stride
    latest = min(earliest + stride, len(prefix))
    definition = TOP_LEVEL.search(prefix, earliest, latest)
    if definition is not None:
        return definition.start()
    line_end = LINE_END.search(prefix, earliest, latest)
    return line_end.end() if line_end is not None else min(earliest, len(prefix))


def nearly_same(old: str, new: str) -> bool:
    """True while the first 50 words of both differ in less than a tenth.

    The same text, cut at another place, is the same.
    """
    n_both = min(len(old), len(new))
    if old == new or (n_both >= ENOUGH_CHARS and old[:n_both] == new[:n_both]):
        return True
    a, b = old[:400].split()[:50], new[:400].split()[:50]
    if not a or not b or a[0] != b[0] or abs(len(a) - len(b)) > 5:
        return False
    same = sum(1 for one, other in zip(a, b, strict=False) if one == other)
    return same > 0.9 * max(len(a), len(b))


def _whole_lines(text: str, n_chars: int) -> str:
    """At most `n_chars` characters from the start, ending with a line."""
    if len(text) <= n_chars:
        return text
    cut = text[:n_chars]
    ends = [match.end() for match in LINE_END.finditer(cut)]
    return cut[: ends[-1]] if ends and ends[-1] > 1 else cut
