"""The path of one keystroke, on a model that answers what the test says."""

import asyncio
import math

import pytest

from slm_lsp.completion.confident import LEAST
from slm_lsp.completion.types import Completion, SkipReason, Trigger
from slm_lsp.inference.client import WorkerState
from slm_lsp.inference.wire import EndReason
from tests.support.engine_world import URI, World, with_completion
from tests.support.fake_model import FakeAnswer


async def test_a_suggestion_and_how_it_came_about() -> None:
    world = World()
    world.model.enqueue("first + second<|endoftext|>")
    assert await world.ask("total = █\n") == "first + second"
    told = world.engine.explain_last
    assert told is not None and told.raw.startswith("first + second")
    assert [part["part"] for part in told.prompt]
    assert {"total", "model", "gather", "postprocess"} <= set(told.timings_ms)
    assert not told.from_cache


async def test_typing_along_asks_the_model_once() -> None:
    world = World()
    world.model.enqueue("first + second")
    text = "first + second"
    for n in range(len(text)):
        assert await world.ask(f"total = {text[:n]}█\n") == text[n:]
    assert len(world.model.generated) == 1


async def test_only_who_asks_by_hand_gets_an_improbable_answer_to_its_end() -> None:
    world = World(with_completion(show_at_least_percent=50))
    await world.ask("total = █\n")
    await world.ask("total = █\n", Trigger.INVOKED)
    automatic, invoked = world.model.generated
    assert automatic.min_logprob is not None and automatic.min_logprob < math.log(LEAST)
    assert invoked.min_logprob is None


@pytest.mark.parametrize("reason", [EndReason.DEADLINE, EndReason.CONFIDENCE])
@pytest.mark.parametrize("before", [Trigger.AUTOMATIC, Trigger.INVOKED])
async def test_who_asks_by_hand_gets_what_was_cut_off_to_its_end(before, reason) -> None:
    world = World()
    world.model.enqueue_answer(FakeAnswer(("first",), reason=reason))
    world.model.enqueue("first + second")
    await world.ask("total = █\n", before)
    assert await world.ask("total = █\n", Trigger.INVOKED) == "first + second"
    assert len(world.model.generated) == 2


async def test_who_wants_everything_shown_gets_improbable_answers_to_their_end_too() -> None:
    world = World(with_completion(show_at_least_percent=0))
    await world.ask("total = █\n")
    assert world.model.generated[0].min_logprob is None


# The deadline came while the prompt was still being read.
NOT_BEGUN = FakeAnswer(("",), reason=EndReason.DEADLINE)


@pytest.mark.parametrize(
    ("arrange", "reason"),
    [
        (lambda world: world.model.enqueue("   "), SkipReason.NOTHING_LEFT),
        (lambda world: world.model.enqueue_answer(NOT_BEGUN), SkipReason.TOO_LATE),
        (lambda world: world.model.enqueue_failure(), SkipReason.MODEL_FAILED),
        (lambda world: world.model.change(WorkerState.LOADING), SkipReason.NOT_READY),
        (lambda world: world.model.change(WorkerState.FAILED), SkipReason.NOT_READY),
    ],
)
async def test_silence_has_a_reason(arrange, reason: SkipReason) -> None:
    world = World()
    arrange(world)
    assert await world.ask("total = █\n") is None
    assert world.why is reason


async def test_the_gates_reason_is_told_and_nothing_is_asked() -> None:
    world = World()
    assert await world.ask("tot█al = 1\n") is None
    assert world.why is SkipReason.MID_WORD
    assert world.model.generated == []


async def test_the_newest_question_wins() -> None:
    world = World()
    release = world.model.enqueue_held("late")
    world.model.enqueue("new")
    older = asyncio.ensure_future(world.ask("a = █\n"))
    await world.until_asked()
    assert await world.ask("a = 1\nb = █\n") == "new"
    assert await older is None
    assert world.model.cancelled == [0]
    release.set()


async def test_documents_do_not_replace_each_other() -> None:
    world = World()
    release = world.model.enqueue_held("late")
    world.model.enqueue("new")
    older = asyncio.ensure_future(world.ask("a = █\n"))
    await world.until_asked()
    assert await world.ask("a = █\n", uri="file:///other.py") == "new"
    release.set()
    assert await older == "late"


async def test_a_cancelled_question_stops_the_model() -> None:
    world = World()
    world.model.enqueue_held("late")
    asking = asyncio.ensure_future(world.ask("a = █\n"))
    await world.until_asked()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert world.model.cancelled == [0]
    assert world.why is SkipReason.CANCELLED


async def test_closing_a_document_stops_its_question() -> None:
    world = World()
    world.model.enqueue_held("late")
    asking = asyncio.ensure_future(world.ask("a = █\n"))
    await world.until_asked()
    world.engine.close_document(URI)
    assert await asking is None


async def test_a_block_stops_the_model_where_it_ends() -> None:
    world = World()
    world.model.enqueue("return w * w\n\ndef other():\n    pass\n")
    assert await world.ask("def area(w):\n    █\n") == "return w * w"
    assert world.model.cancelled == [0]
    assert not world.model.generated[0].single_line


async def test_after_a_line_was_accepted_the_block_goes_on() -> None:
    world = World()
    world.model.enqueue("w = abs(w)")
    request = world.request("def area(w):\n    x = 1\n    █\n")
    completion = await world.complete(request)
    assert isinstance(completion, Completion)
    world.engine.accepted(request.uri, request.document.offset + len(completion.text))
    world.model.enqueue("h = 2\n    return w * h")
    text = "def area(w):\n    x = 1\n    w = abs(w)\n    █\n"
    assert await world.ask(text) == "h = 2\n    return w * h"
