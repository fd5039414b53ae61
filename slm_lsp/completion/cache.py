"""Suggestions that were made, for the keystrokes that follow them.

While a person types along a suggestion, its rest is still the answer; after a backspace, the
suggestion of a moment ago is. Neither asks the model, and neither may ever serve another file,
another suffix, another context or another model.

A suggestion is kept as the line it leads to: the line before the cursor, and what was suggested.
A position hits when some kept line starts with what now stands before the cursor, everything
above is the same, and *the file would end up the same*: that makes a hit exact, whatever the
editor has typed ahead since.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from slm_context.cursor import CLOSERS, DocumentContext, line_start

from slm_lsp.completion.gate import MAX_LINE_CHARS
from slm_lsp.completion.types import Completion

MAX_ENTRIES = 500
# Of one line: asking again at each of its places makes no more than these.
MAX_OF_A_LINE = 32
# A suggestion of several lines is typed through over as many.
MAX_LINES_UP = 10
# More than a prompt holds before the cursor.
PREFIX_CHARS = 8000
SUFFIX_CHARS = 4000

Line = tuple[str, str, int, str]


@dataclass(frozen=True, slots=True)
class Hit:
    """What the cache knows. `typed` is how much of the suggestion was typed since."""

    completion: Completion
    typed: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """A suggestion made behind `before`, the text of its line up to the cursor."""

    before: str
    completion: Completion
    # What stands after the suggestion on its line, once it is taken.
    line_tail: str

    def leads_through(self, typed: str) -> bool:
        whole = self.before + self.completion.text
        return len(typed) < len(whole) and whole.startswith(typed)


class SuggestionCache:
    """Finds suggestions that lead through a position, made at, before or behind it."""

    def __init__(self) -> None:
        self._lines: OrderedDict[Line, list[_Entry]] = OrderedDict()
        self._n_entries = 0

    def put(self, scope: str, document: DocumentContext, completion: Completion) -> None:
        """`scope` names everything else an answer depends on: model, template, context."""
        if len(document.line_prefix) + len(document.line_suffix) > MAX_LINE_CHARS:
            return  # nobody types along here, and five hundred of these would be a lot
        tail = document.line_suffix[completion.n_replaced :]
        entry = _Entry(document.line_prefix, completion, tail)
        line = next(self._lines_at(scope, document))[0]
        entries = self._lines.setdefault(line, [])
        n_before = len(entries)
        entries[:] = [one for one in entries if one.before != entry.before][-MAX_OF_A_LINE + 1 :]
        entries.append(entry)
        self._n_entries += len(entries) - n_before
        self._lines.move_to_end(line)
        while self._n_entries > MAX_ENTRIES and len(self._lines) > 1:
            self._n_entries -= len(self._lines.popitem(last=False)[1])

    def get(self, scope: str, document: DocumentContext) -> Hit | None:
        """The rest of the suggestion that fits best: made here, then before, then behind."""
        found: list[tuple[int, Hit]] = []
        for line, typed_since in self._lines_at(scope, document):
            for entry in self._lines.get(line, ()):
                if entry.leads_through(typed_since):
                    hit = _hit(entry, typed_since, document)
                    if hit is not None:
                        found.append((hit.typed, hit))
            if found:
                self._lines.move_to_end(line)
                break
        if not found:
            return None
        # Made before the cursor: the latest. Made behind it (before a backspace): the nearest.
        return min(found, key=lambda one: one[0] if one[0] >= 0 else 10**9 - one[0])[1]

    def clear(self) -> None:
        self._lines.clear()
        self._n_entries = 0

    def _lines_at(self, scope: str, document: DocumentContext) -> Iterator[tuple[Line, str]]:
        """The lines that lead to the cursor, nearest first, with the text from their start."""
        below = document.next_lines
        after = f"{len(below)}:{_digest(below[:SUFFIX_CHARS])}"
        text, start = document.text, document.line_start
        for _ in range(MAX_LINES_UP + 1):
            above = _digest(text[max(0, start - PREFIX_CHARS) : start])
            yield (scope, document.path, start, f"{above}:{after}"), text[start : document.offset]
            if start == 0:
                return
            end = start - 2 if text.startswith("\r\n", start - 2) and start > 1 else start - 1
            start = line_start(text, end)


def _hit(entry: _Entry, typed_since: str, document: DocumentContext) -> Hit | None:
    """The entry's rest, if taking it leads to the same file."""
    n_replaced = len(document.line_suffix) - len(entry.line_tail)
    if n_replaced < 0 or not document.line_suffix.endswith(entry.line_tail):
        return None
    if not CLOSERS.fullmatch(document.line_suffix[:n_replaced]):
        return None
    typed = len(typed_since) - len(entry.before)
    completion = entry.completion
    if typed >= 0:
        text, tokens = completion.text[typed:], _without(completion, typed)
    else:  # the characters that were deleted are part of the suggestion again
        text, tokens = entry.before[typed:] + completion.text, completion.tokens
    others = completion.others if typed == 0 else ()
    rest = replace(completion, text=text, tokens=tokens, n_replaced=n_replaced, others=others)
    return Hit(rest, typed)


def _without(completion: Completion, typed: int):
    """The tokens behind the first `typed` characters."""
    skipped = 0
    for index, token in enumerate(completion.tokens):
        if skipped >= typed:
            return completion.tokens[index:]
        skipped += len(token.text)
    return ()


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
