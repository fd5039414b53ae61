"""A broken line written anew by the model: for what no single token repairs.

Offered only if the result parses, differs from the line by a few tokens, and uses no name that the
file does not have.
"""

import difflib
import re
from collections.abc import Callable

from slm_context.cursor import LINE_END, line_start

from slm_lsp.diagnostics.judge import Judge, Place
from slm_lsp.diagnostics.repair import TOKEN, Repair
from slm_lsp.diagnostics.types import Edit

MAX_TOKENS_CHANGED = 6
MAX_SHARE_CHANGED = 0.3
NAME = re.compile(r"[^\W\d]\w*")
# Behind every repair by grammar.
COST = 10.0


async def refilled(
    place: Place, stumble: int, judge: Judge, mends: Callable[[Edit], bool]
) -> Repair | None:
    """The line around `stumble` as the model would write it: from there on, or else all of it."""
    text = place.text
    start = line_start(text, stumble)
    line_end = LINE_END.search(text, start)
    stop = line_end.start() if line_end else len(text)
    line = text[start:stop]
    indent = len(line) - len(line.lstrip())
    for kept_to in dict.fromkeys((max(stumble, start + indent), start + indent)):
        written = text[start:kept_to] + await judge.rest_of_line(place, kept_to)
        written = written.rstrip()
        if written != line.rstrip() and is_small(line, written, text):
            edit = Edit(start, stop, written)
            if mends(edit):
                return Repair(edit, written.strip(), COST)
    return None


def is_small(line: str, written: str, text: str) -> bool:
    """Whether `written` changes little of `line`, and brings no name that `text` does not have."""
    before = [token.group() for token in TOKEN.finditer(line)]
    after = [token.group() for token in TOKEN.finditer(written)]
    n_changed = sum(
        max(b - a, d - c)
        for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, False).get_opcodes()
        if kind != "equal"
    )
    if n_changed > min(MAX_TOKENS_CHANGED, max(1, MAX_SHARE_CHANGED * len(before))):
        return False
    known = set(NAME.findall(text))
    return all(name in known for name in NAME.findall(written))
