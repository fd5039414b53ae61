"""The suggestions that went to the editor: what was taken of them, and whether it stayed.

What a person takes and removes again half a minute later was no help. The text of what was taken
is held in memory until then, and written nowhere.
"""

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from slm_lsp.completion.types import Completion, CompletionRequest, Trigger
from slm_lsp.documents import Edit
from slm_lsp.learning import Learning

# Suggestions that may still be accepted: what is on a screen, and some.
MAX_REMEMBERED = 200
# Long enough to have seen what was taken, and to have run or undone it.
KEPT_AFTER_S = 30.0
# So much of the line before what was taken says that it is this place, and not another like it.
BEFORE_CHARS = 40
# No name that a popup completes is longer.
MAX_BEFORE = 1_000
# Edits above move a place by what they add; some editors report them in other steps than we expect.
NEAR_CHARS = 200


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion that goes to the editor, under the id by which it may be accepted.

    It knows its line, and not its document: hundreds of these are remembered, each of another
    version.
    """

    id: int
    uri: str
    language: str | None
    trigger: Trigger
    offset: int
    before: str  # the end of the line before the cursor
    replaced: str  # what stands after the cursor and goes when this is taken
    completion: Completion
    others: "tuple[Suggestion, ...]" = ()  # to choose from, where a person asked by hand

    @classmethod
    def of(
        cls,
        id: int,
        request: CompletionRequest,
        completion: Completion,
        others: "tuple[Suggestion, ...]" = (),
    ) -> "Suggestion":
        document = request.document
        return cls(
            id,
            request.uri,
            document.language,
            request.trigger,
            document.offset,
            document.line_prefix[-MAX_BEFORE:],
            document.line_suffix[: completion.n_replaced],
            completion,
            others,
        )


@dataclass(slots=True)
class _Taken:
    """What was taken of a suggestion. `offset` follows the edits above it."""

    suggestion: Suggestion
    offset: int
    length: int = 0
    check: asyncio.TimerHandle | None = field(default=None, repr=False)

    @property
    def uri(self) -> str:
        return self.suggestion.uri

    def stands_in(self, text: str) -> bool:
        before = self.suggestion.before[-BEFORE_CHARS:].lstrip()
        wanted = before + self.suggestion.completion.text[: self.length]
        start = max(0, self.offset - len(before) - NEAR_CHARS)
        return wanted in text[start : self.offset + self.length + NEAR_CHARS]


class Suggestions:
    """Gives out ids, and counts what becomes of each suggestion in `learning`.

    `text_of` is a document's text now; None when it is not open.
    """

    def __init__(self, learning: Learning, text_of: Callable[[str], str | None]) -> None:
        self._learning = learning
        self._text_of = text_of
        self._ids = itertools.count(1)
        self._given: OrderedDict[int, Suggestion] = OrderedDict()
        self._n_taken: OrderedDict[int, int] = OrderedDict()  # characters, by suggestion
        self.n_accepted = 0  # suggestions of which something was taken
        self._taken: dict[int, _Taken] = {}  # until it is known whether it stayed

    def give(
        self,
        request: CompletionRequest,
        completion: Completion,
        others: tuple[Suggestion, ...] = (),
        *,
        is_rest: bool = False,
    ) -> Suggestion:
        """`is_rest` for what is left of the last one, after typing or taking a part of it."""
        suggestion = Suggestion.of(next(self._ids), request, completion, others)
        self._inherit(suggestion, is_rest)
        self._given[suggestion.id] = suggestion
        if len(self._given) > MAX_REMEMBERED:
            self._given.popitem(last=False)
        return suggestion

    def accepted(self, id: int, kind: str, length: int) -> Suggestion | None:
        """A person took `length` characters, from the suggestion's start; None: of what?"""
        suggestion = self._given.get(id)
        if suggestion is None:
            return None
        if kind == "full":
            # There is nothing left to take: an editor that says so twice is not counted twice.
            del self._given[id]
        self._count(suggestion, length)
        return suggestion

    def edited(self, uri: str, edits: Sequence[Edit]) -> None:
        """Places below an edit move with it."""
        for taken in self._taken.values():
            if taken.uri == uri:
                for edit in edits:
                    if edit.offset + len(edit.removed) <= taken.offset:
                        taken.offset += len(edit.inserted) - len(edit.removed)

    def closing(self, uri: str | None = None) -> None:
        """A document is about to be closed, or all are: what was taken in it is judged now."""
        for id, taken in list(self._taken.items()):
            if uri is None or taken.uri == uri:
                self._judge(id)

    def _inherit(self, rest: Suggestion, is_rest: bool) -> None:
        """The rest of a suggestion of which a word was taken is not another one.

        Not even if it was asked for by hand, and the model said the same again.
        """
        for before in reversed(self._given.values()):
            n_taken = self._n_taken.get(before.id)
            if before.uri != rest.uri:
                continue
            if n_taken is not None and (is_rest or _goes_on(before, n_taken, rest)):
                self._n_taken[rest.id] = max(0, before.offset + n_taken - rest.offset)
            if n_taken is not None or is_rest:
                return

    def _count(self, suggestion: Suggestion, length: int) -> None:
        """A word, then the rest, is one suggestion taken."""
        before = self._n_taken.get(suggestion.id)
        self._n_taken[suggestion.id] = max(length, before or 0)
        if len(self._n_taken) > MAX_REMEMBERED:
            self._n_taken.popitem(last=False)
        self.n_accepted += before is None
        if suggestion.trigger is not Trigger.AUTOMATIC:
            return
        language = suggestion.language
        n_new = max(0, length - (before or 0))
        self._learning.accepted(language, n_new, first=before is None)
        self._learning.save()
        taken = self._taken.get(suggestion.id)
        if taken is None and before is None:
            taken = self._taken[suggestion.id] = _Taken(suggestion, suggestion.offset)
        if taken is not None:
            taken.length = max(length, taken.length)
            if taken.check is not None:
                taken.check.cancel()
            loop = asyncio.get_running_loop()
            taken.check = loop.call_later(KEPT_AFTER_S, self._judge, suggestion.id)

    def _judge(self, id: int) -> None:
        taken = self._taken.pop(id, None)
        if taken is None:
            return
        if taken.check is not None:
            taken.check.cancel()
        text = self._text_of(taken.uri)
        if text is not None:
            language = taken.suggestion.language
            self._learning.judged(language, kept=taken.stands_in(text))
            self._learning.save()


def _goes_on(before: Suggestion, n_taken: int, rest: Suggestion) -> bool:
    """Whether `rest` stands where a part of `before` ended, and says what was left of it."""
    left, said = before.completion.text[n_taken:], rest.completion.text
    here = rest.offset == before.offset + n_taken
    return here and bool(left) and (left.startswith(said) or said.startswith(left))
