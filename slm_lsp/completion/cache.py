"""Suggestions that were made, for the keystrokes that follow them.

While a person types along a suggestion, its rest is still the answer; after a backspace, the
suggestion of a moment ago is. Neither asks the model, and neither may ever serve another file,
another suffix, another context or another model.

A suggestion is kept as the line it leads to: the line before the cursor, and what was suggested.
A position hits when some kept line starts with what now stands before the cursor, everything
above is the same, and *the file would end up the same*: that makes a hit exact, whatever the
editor has typed ahead since.
"""

from dataclasses import dataclass, replace

from slm_context.cursor import CLOSERS, DocumentContext

from slm_lsp.completion.kept_lines import KeptLines
from slm_lsp.completion.types import Completion, without


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
        self._kept = KeptLines[_Entry]()

    def put(self, scope: str, document: DocumentContext, completion: Completion) -> None:
        """`scope` names everything else an answer depends on: model, template, context."""
        tail = document.line_suffix[completion.n_replaced :]
        self._kept.put(scope, document, _Entry(document.line_prefix, completion, tail))

    def get(self, scope: str, document: DocumentContext) -> Hit | None:
        """The rest of the suggestion that fits best: made here, then before, then behind."""
        for entries, typed_since in self._kept.at(scope, document):
            hits = [
                hit
                for entry in entries
                if entry.leads_through(typed_since)
                and (hit := _hit(entry, typed_since, document)) is not None
            ]
            if hits:
                # Made before the cursor: the latest. Behind it (before a backspace): the nearest.
                return min(hits, key=lambda hit: hit.typed if hit.typed >= 0 else 10**9 - hit.typed)
        return None

    def clear(self) -> None:
        self._kept.clear()


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
        text, tokens = completion.text[typed:], without(completion.tokens, typed)
    else:  # the characters that were deleted are part of the suggestion again
        text, tokens = entry.before[typed:] + completion.text, completion.tokens
    others = completion.others if typed == 0 else ()
    rest = replace(completion, text=text, tokens=tokens, n_replaced=n_replaced, others=others)
    return Hit(rest, typed)
