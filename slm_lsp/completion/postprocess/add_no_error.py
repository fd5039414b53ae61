"""The splice check: with the suggestion in place, the file has no syntax error more than before.

Nearly half of a small model's wrong suggestions do not parse (SynConfRoute, arXiv 2605.04894),
and an incremental parse costs far less than decoding one token.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from functools import cache

from slm_context.remembered import Remembered
from slm_context.syntax import SyntaxTree

from slm_lsp.completion.postprocess.brackets import CLOSERS, PAIRS
from slm_lsp.completion.postprocess.closing import closed
from slm_lsp.completion.postprocess.ending import endings_of, leaves_string_open
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint
from slm_lsp.completion.postprocess.merge_closers import merge_closers
from slm_lsp.completion.postprocess.sure_errors import (
    brackets_tell,
    breaks_surely,
    learn,
    without_line,
)

# Where a line may be cut: behind a closed bracket or quote, before a separator or a closer.
BOUNDARY = re.compile(r"[)\]}\"'](?=\W|$)|(?<=[\w)\]}\"'])(?=[,;)\]}])")
# Each trial is a parse; there are no more lines than a block may have.
MAX_PIECES = 6
# What is left of a suggestion must be worth a look.
MIN_LENGTH = 4
# How many errors a whole file had that was tried. While a person types along what is suggested,
# the same file is tried again at each key.
_KNOWN: Remembered[tuple[str, str | None, int], int] = Remembered(100_000)


def add_no_error(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Shorten the suggestion to its last boundary that parses; drop it when there is none.

    A line that is being typed may be broken before the suggestion: it is compared with the file
    as it stands and as it would be without that line, whichever has fewer errors.
    """
    if around.tree is None:
        return draft
    drafts = itertools.chain((draft,), closed(draft, around), _shorter(draft, around))
    return next((one for one in drafts if adds_no_error(one, around)), None)


def adds_no_error(draft: Draft, around: InsertionPoint) -> bool:
    """Whether the file is as sound with the suggestion as without it."""
    if around.tree is None:
        return True
    tried = around.once(_tried)
    if draft not in tried:
        tried[draft] = _fits(draft, around.tree, around)
    return tried[draft]


def _tried(around: InsertionPoint) -> dict[Draft, bool]:
    """Sources say the same, and what is cut from them is the same again: each is parsed once."""
    return {}


def _allowed(around: InsertionPoint) -> int:
    assert around.tree is not None, "adds_no_error has asked"
    return min(n_errors(around.tree), n_errors(without_line(around)))


def _fits(draft: Draft, tree: SyntaxTree, around: InsertionPoint) -> bool:
    if breaks_surely(draft, around) or leaves_string_open(draft, around):
        return False
    document, allowed = around.document, around.once(_allowed)
    text = document.prefix + draft.text + document.suffix[draft.n_replaced :]
    key = document.path, document.language, hash(text)
    known, spliced = _KNOWN.get(key), None
    if known is None:
        spliced = tree.with_prose(text) or tree.edited(text)
        known = n_errors(spliced)
        _KNOWN.put(key, known, 0)
        if known > allowed:
            learn(draft, spliced, around)
    if known > allowed:
        return False
    if not known and around.once(brackets_tell):
        return True
    return not _unbalances(draft, around, lambda: spliced or tree.edited(text))


def n_errors(tree: SyntaxTree) -> int:
    """All ERROR and MISSING nodes, those among them that no walk shows.

    What is missing between two statements of Python on one line is a hidden token: it is nobody's
    child, and only that its parent has an error tells of it.
    """
    if not tree.has_errors:
        return 0
    pending, count = [tree.root], 0
    while pending:
        node = pending.pop()
        within = [child for child in node.children if child.has_error or child.is_missing]
        count += node.is_error or node.is_missing or not within
        pending += within
    return count


def n_unopened(tree: SyntaxTree) -> int:
    """Closing brackets, in tokens of the language, whose opener is not the nearest open one."""
    open_brackets: list[str] = []
    count = 0
    cursor = tree.root.walk()
    while True:
        node = cursor.node
        signs = brackets_in(node.type) if node is not None and not node.is_missing else ""
        for sign in signs:
            if sign not in PAIRS:
                open_brackets.append(sign)
            elif open_brackets and open_brackets[-1] == PAIRS[sign]:
                open_brackets.pop()
            else:
                count += 1
        if cursor.goto_first_child() or cursor.goto_next_sibling():
            continue
        while cursor.goto_parent():
            if cursor.goto_next_sibling():
                break
        else:
            return count


@cache
def brackets_in(token: str) -> str:
    """The brackets of a token, which may hold other signs, too: `${` and `]]`."""
    return "".join(sign for sign in token if sign in PAIRS or sign in CLOSERS)


def _unbalances(draft: Draft, around: InsertionPoint, spliced: Callable[[], SyntaxTree]) -> bool:
    """True when a bracket that the suggestion opens takes the closer of another one.

    Some grammars recover from that without a further error. The walk over both trees is for
    those few suggestions only that are not balanced in themselves.
    """
    signs = [char for char in draft.text if char in PAIRS or char in CLOSERS]
    replaced = around.document.suffix[: draft.n_replaced]
    if all(
        signs.count(PAIRS[closer]) == signs.count(closer) - replaced.count(closer)
        for closer in PAIRS
    ):
        return False
    return n_unopened(spliced()) > around.once(_n_unopened_before)


def _n_unopened_before(around: InsertionPoint) -> int:
    assert around.tree is not None, "adds_no_error has asked"
    return n_unopened(around.tree)


def _shorter(draft: Draft, around: InsertionPoint) -> Iterator[Draft]:
    """Shorter drafts, longest first: whole lines, then pieces of the first one."""
    lines = draft.text.split("\n")
    whole = ["\n".join(lines[:n]).rstrip() for n in range(len(lines) - 1, 0, -1)]
    endings = endings_of(lines[0], around)
    found = (match.end() for match in BOUNDARY.finditer(lines[0]))
    ends = [end for end in found if endings.is_good(end)]
    pieces = [lines[0][:end] for end in reversed(ends) if end < len(lines[0])]
    for text in (*whole, *pieces[:MAX_PIECES]):
        if len(text.strip()) < MIN_LENGTH:
            continue
        # A shorter text may bring fewer of the closers typed ahead.
        merged = merge_closers(Draft(text), around)
        if merged is not None:
            yield merged
            yield from closed(merged, around)
