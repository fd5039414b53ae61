"""What becomes of a suggestion: in parts it is one, and what is removed again was no help."""

import asyncio
from collections.abc import Sequence

import pytest
from slm_context.cursor import DocumentContext

from slm_lsp import suggestions as module
from slm_lsp.completion.types import Completion, CompletionRequest, Trigger
from slm_lsp.documents import Edit
from slm_lsp.learning import Counts, Learning
from slm_lsp.suggestions import Suggestions

BEFORE, TAKEN, AFTER = (
    "import os\n\n\ndef area(a, b):\n    return ",
    "a * b + offset",
    "\n\nx = 1\n",
)


class Desk:
    """A document in which one suggestion was taken."""

    def __init__(self, trigger: Trigger = Trigger.AUTOMATIC) -> None:
        self.learning = Learning()
        self.text: str | None = BEFORE + AFTER
        self.suggestions = Suggestions(self.learning, lambda uri: self.text)
        document = DocumentContext("a.py", "python", BEFORE + AFTER, len(BEFORE))
        request = CompletionRequest("file:///a.py", 1, document, trigger)
        self.id = self.suggestions.give(request, Completion(TAKEN)).id

    def edit(self, edits: Sequence[Edit]) -> None:
        assert self.text is not None
        for one in edits:
            end = one.offset + len(one.removed)
            assert self.text[one.offset : end] == one.removed
            self.text = self.text[: one.offset] + one.inserted + self.text[end:]
        self.suggestions.edited("file:///a.py", edits)

    def take(self, length: int = len(TAKEN), kind: str = "full") -> None:
        self.suggestions.accepted(self.id, kind, length)

    @property
    def counts(self) -> Counts:
        return self.learning.languages.get("python", Counts())


INSERTED = Edit(len(BEFORE), "", TAKEN)


@pytest.mark.parametrize(
    ("edits", "kept"),
    [
        pytest.param([], 1, id="nothing happened"),
        pytest.param([Edit(0, "", "import sys\n" * 40)], 1, id="lines came above"),
        pytest.param([Edit(0, "import os\n", "")], 1, id="lines went above"),
        pytest.param([Edit(len(BEFORE + TAKEN), "", "  # square")], 1, id="typed on"),
        pytest.param([Edit(len(BEFORE), TAKEN, "")], 0, id="removed again"),
        pytest.param([Edit(len(BEFORE), TAKEN, "b")], 0, id="something else instead"),
        pytest.param([Edit(len(BEFORE) + 4, "b + off", "c - res")], 0, id="written anew"),
    ],
)
async def test_what_was_taken_is_looked_at_again(
    edits: list[Edit], kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_AFTER_S", 0.0)
    desk = Desk()
    desk.edit([INSERTED])
    desk.take()
    desk.edit(edits)
    assert desk.counts.judged == 0
    await asyncio.sleep(0.01)
    assert (desk.counts.judged, desk.counts.kept) == (1, kept)


async def test_the_editor_may_tell_of_the_insertion_after_the_acceptance() -> None:
    desk = Desk()
    desk.take()
    desk.edit([INSERTED])
    desk.suggestions.closing("file:///a.py")
    assert (desk.counts.judged, desk.counts.kept) == (1, 1)


async def test_words_and_then_the_rest_are_one_suggestion() -> None:
    desk = Desk()
    desk.edit([Edit(len(BEFORE), "", TAKEN[:2])])
    desk.take(2, "word")
    desk.edit([Edit(len(BEFORE) + 2, "", TAKEN[2:])])
    desk.take()
    desk.take()  # said twice
    desk.suggestions.closing()
    desk.suggestions.closing()
    counts = desk.counts
    assert (counts.accepted, counts.judged, counts.kept) == (1, 1, 1)
    assert counts.characters == len(TAKEN)


@pytest.mark.parametrize(
    ("at", "rest", "n_taken"),
    [
        (2, TAKEN[2:], 1),
        (2, TAKEN[2:5], 1),
        (2, TAKEN[2:] + " + 1", 1),
        (2, "* c", 2),  # something else
        (4, TAKEN[4:], 2),  # somewhere else: two were typed by the person
    ],
)
async def test_the_same_again_asked_for_by_hand_is_no_other_one(
    at: int, rest: str, n_taken: int
) -> None:
    desk = Desk()
    desk.edit([Edit(len(BEFORE), "", TAKEN[:2])])
    desk.take(2, "word")
    text = BEFORE + TAKEN[:at] + AFTER
    document = DocumentContext("a.py", "python", text, len(BEFORE) + at)
    request = CompletionRequest("file:///a.py", 2, document, Trigger.INVOKED)
    given = desk.suggestions.give(request, Completion(rest))
    desk.suggestions.accepted(given.id, "full", len(rest))
    assert desk.suggestions.n_accepted == n_taken
    desk.suggestions.closing()


async def test_what_was_asked_for_by_hand_and_what_is_gone_is_not_judged() -> None:
    asked = Desk(Trigger.INVOKED)
    asked.take()
    asked.suggestions.closing()
    assert asked.counts == Counts()
    gone = Desk()
    gone.take()
    gone.text = None
    gone.suggestions.closing()
    assert gone.counts.judged == 0


def test_what_is_taken_and_removed_again_lowers_the_trust() -> None:
    kept, removed = Learning(), Learning()
    for learning, stayed in ((kept, True), (removed, False)):
        for _ in range(100):
            learning.shown("python", 0.6)
            learning.accepted("python", 12, first=True)
            learning.judged("python", kept=stayed)
    assert removed.trust("python") < 1 < kept.trust("python")
