"""Suggestions that were made, for the keystrokes that follow them.

While a person types along a suggestion, its rest is still the answer; after a backspace, the
suggestion of a moment ago is. Neither asks the model, and neither may ever serve another file,
another suffix or another model.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace

from slm_context.cursor import DocumentContext

from slm_lsp.completion.types import Completion

MAX_ENTRIES = 500
# How far back a suggestion may have been made: further on, the prefix has changed its meaning.
MAX_TYPED = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """What the cache knows. `typed` is how much of the suggestion was typed since."""

    completion: Completion
    typed: int


class SuggestionCache:
    """Finds the suggestions made at, or up to MAX_TYPED characters before, a position."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[str, str, int, str], Completion] = OrderedDict()

    def put(self, scope: str, document: DocumentContext, completion: Completion) -> None:
        key = self._key(scope, document, document.offset)
        self._entries[key] = completion
        self._entries.move_to_end(key)
        while len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)

    def get(self, scope: str, document: DocumentContext) -> Hit | None:
        """The longest known rest of a suggestion that leads through this position.

        `scope` names everything else an answer depends on: model, template, settings.
        """
        for typed in range(min(MAX_TYPED, document.offset) + 1):
            offset = document.offset - typed
            entry = self._entries.get(self._key(scope, document, offset))
            if entry is None:
                continue
            through = document.text[offset : document.offset]
            if entry.text.startswith(through) and len(entry.text) > len(through):
                return Hit(_rest(entry, typed), typed)
        return None

    def clear(self) -> None:
        self._entries.clear()

    @staticmethod
    def _key(scope: str, document: DocumentContext, offset: int) -> tuple[str, str, int, str]:
        # Editors type closers along with the opening bracket: they are not part of what follows.
        around = hashlib.blake2b(digest_size=16)
        around.update(document.text[max(0, offset - 4000) : offset].encode("utf-8", "replace"))
        around.update(b"\0")
        around.update(document.next_lines[:2000].encode("utf-8", "replace"))
        return scope, document.path, offset, around.hexdigest()


def _rest(completion: Completion, typed: int) -> Completion:
    """The completion without its first `typed` characters, and without their tokens."""
    tokens = list(completion.tokens)
    skipped = 0
    while tokens and skipped + len(tokens[0].text) <= typed:
        skipped += len(tokens.pop(0).text)
    return replace(completion, text=completion.text[typed:], tokens=tuple(tokens))
