"""The path of one keystroke, on a model that answers what the test says."""

import asyncio
import math
from dataclasses import replace

import pytest
from slm_context.cursor import DocumentContext
from slm_context.expected import ExpectedName
from slm_context.languages import language_for
from slm_context.types import ContextBundle, Origin, Snippet

from slm_lsp.completion.confident import LEAST
from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.completion.types import Completion, CompletionRequest, SkipReason, Trigger
from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.client import WorkerState
from slm_lsp.settings import Settings
from slm_lsp.statistics import Statistics
from tests.support.fake_model import FakeModel
from tests.support.markup import cursor

URI = "file:///calc.py"
AUTOMATIC, INVOKED = Trigger.AUTOMATIC, Trigger.INVOKED


class World:
    """An engine, its model, and a clock that only sleeping moves."""

    def __init__(
        self,
        settings: Settings | None = None,
        gather=None,
        defined=None,
        expect=None,
        discharging: bool = False,
    ) -> None:
        self.now = 0.0
        self.discharging = discharging
        self.slept: list[float] = []
        self.model = FakeModel()
        self.statistics = Statistics()
        self.engine = CompletionEngine(
            self.model,
            settings or with_completion(),
            self.statistics,
            gather,
            defined,
            lambda: self.now,
            self._sleep,
            lambda: self.discharging,
            expect,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def request(self, marked: str, trigger: Trigger = AUTOMATIC, uri: str = URI):
        text, offset = cursor(marked)
        path = uri.removeprefix("file:///")
        return CompletionRequest(
            uri, 1, DocumentContext(path, language_for(path), text, offset), trigger
        )

    async def ask(self, marked: str, trigger: Trigger = AUTOMATIC, uri: str = URI) -> str | None:
        completion = await self.engine.complete(self.request(marked, trigger, uri))
        return completion and completion.text

    async def until_asked(self) -> None:
        """Let others run until the model has a question."""
        for _ in range(100):
            if self.model.generated:
                return
            await asyncio.sleep(0)
        raise AssertionError("the model was not asked")

    @property
    def why(self) -> SkipReason | None:
        assert self.engine.explain_last is not None
        return self.engine.explain_last.skip_reason


def with_completion(**fields: object) -> Settings:
    """Everything is shown and one answer asked for, unless `fields` say otherwise."""
    settings = Settings()
    shown = {"show_at_least_percent": 0, "n_candidates": 1, **fields}
    return replace(settings, completion=replace(settings.completion, **shown))


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


async def test_what_is_known_is_never_delayed() -> None:
    world = World(with_completion(debounce_ms=200))
    world.model.enqueue("first + second")
    await world.ask("total = █\n")
    assert world.slept == [0.2]
    await world.ask("total = f█\n")
    assert world.slept == [0.2]


async def test_who_asks_by_hand_does_not_wait() -> None:
    world = World(with_completion(debounce_ms=200))
    world.model.enqueue("first")
    assert await world.ask("total = █\n", INVOKED) == "first"
    assert world.slept == []


async def test_only_who_asks_by_hand_gets_an_improbable_answer_to_its_end() -> None:
    world = World(with_completion(show_at_least_percent=50))
    await world.ask("total = █\n")
    await world.ask("total = █\n", INVOKED)
    automatic, invoked = world.model.generated
    assert automatic.min_logprob is not None and automatic.min_logprob < math.log(LEAST)
    assert invoked.min_logprob is None


async def test_who_wants_everything_shown_gets_improbable_answers_to_their_end_too() -> None:
    world = World(with_completion(show_at_least_percent=0))
    await world.ask("total = █\n")
    assert world.model.generated[0].min_logprob is None


@pytest.mark.parametrize(
    ("arrange", "reason"),
    [
        (lambda world: world.model.enqueue("   "), SkipReason.NOTHING_LEFT),
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


async def test_a_prompt_that_is_too_long_gets_shorter() -> None:
    world = World()
    world.model.enqueue_failure(PromptTooLong(2000, 1000))
    world.model.enqueue("first")
    long = "compute(first, second)\n" * 250
    assert await world.ask(f"{long}total = █\n") == "first"
    sizes = [sum(len(text) for text, _ in one.segments) for one in world.model.generated]
    assert sizes[1] < 0.6 * sizes[0]


async def test_half_a_word_is_healed() -> None:
    world = World()
    world.model.enqueue("st + second")
    assert await world.ask("total = fir█\n") == "st + second"
    (asked,) = world.model.generated
    assert asked.heal == " fir"
    assert not any(text.endswith("fir") for text, _ in asked.segments)


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
    completion = await world.engine.complete(request)
    assert isinstance(completion, Completion)
    world.engine.accepted(request.uri, request.document.offset + len(completion.text))
    world.model.enqueue("h = 2\n    return w * h")
    text = "def area(w):\n    x = 1\n    w = abs(w)\n    █\n"
    assert await world.ask(text) == "h = 2\n    return w * h"


async def test_names_that_may_come_are_told_to_the_model_with_what_is_typed() -> None:
    async def expect(document: DocumentContext) -> tuple[ExpectedName, ...]:
        return ExpectedName("second", 4.0), ExpectedName("first", 3.0)

    world = World(expect=expect)
    world.model.enqueue("cond")
    assert await world.ask("x = things.se█\n") == "cond"
    assert world.model.generated[0].expected == ((".second", 4.0),)
    assert world.engine.explain_last and world.engine.explain_last.expected[0] == "second +4.0"
    world.model.enqueue("first")
    assert await world.ask("y = █\n") == "first"
    assert world.model.generated[1].expected == (("second", 4.0), ("first", 3.0))


async def test_names_that_come_too_late_are_done_without() -> None:
    async def expect(document: DocumentContext) -> tuple[ExpectedName, ...]:
        await asyncio.sleep(10)
        return (ExpectedName("late", 3.0),)

    world = World(expect=expect)
    world.model.enqueue("first")
    assert await world.ask("y = █\n") == "first"
    assert world.model.generated[0].expected == ()


async def test_snippets_come_from_the_gatherer_and_stay_on_a_line() -> None:
    asked: list[DocumentContext] = []

    async def gather(document: DocumentContext) -> ContextBundle:
        asked.append(document)
        snippet = Snippet("shapes.py", f"def area{len(asked)}(w): ...", 0, Origin.DEFINITION, 1.0)
        return ContextBundle((snippet,))

    world = World(gather=gather)
    await world.ask("a = █\n")
    await world.ask("a = b█\n")
    assert len(asked) == 1
    await world.ask("a = b\nc = █\n")
    assert len(asked) == 2
    first, second, third = world.model.generated
    assert first.segments[:3] == second.segments[:3]
    assert any("area2" in text for text, _ in third.segments)
    assert world.engine.explain_last is not None
    assert world.engine.explain_last.snippets[0]["path"] == "shapes.py"


async def test_snippets_stay_while_the_best_one_is_among_them() -> None:
    """Another third place is not worth evaluating the whole prompt again; a new best one is."""
    bundles = iter((("a", "b", "c"), ("x", "y", "b"), (), ("a", "new")))

    async def gather(document: DocumentContext) -> ContextBundle:
        names = next(bundles)
        return ContextBundle(
            tuple(Snippet(f"{one}.py", f"{one}\n", 0, Origin.DEFINITION, 1.0) for one in names)
        )

    world = World(gather=gather)
    for n_lines in range(4):
        await world.ask("a = 1\n" * n_lines + "b = █\n")
    first, second, third, fourth = (
        [text for text, _ in one.segments if ".py\n" in text] for one in world.model.generated
    )
    assert first == second == third and len(first) > 3
    assert any("new" in text for text in fourth)


async def test_other_context_means_another_answer() -> None:
    """A suggestion made with other snippets is not served from the cache."""
    bundles = iter("abb")

    async def gather(document: DocumentContext) -> ContextBundle:
        snippet = Snippet("shapes.py", next(bundles), 0, Origin.DEFINITION, 1.0)
        return ContextBundle((snippet,))

    world = World(gather=gather)
    world.model.enqueue("first")
    assert await world.ask("a = █\n") == "first"
    world.model.enqueue("")
    await world.ask("a = first\nb = █\n")
    world.model.enqueue("second")
    assert await world.ask("a = █\n") == "second"


async def test_while_nobody_types_what_follows_is_computed() -> None:
    world = World()
    world.model.enqueue("first")
    world.model.enqueue(" + second")
    world.model.enqueue("other = total")
    await world.ask("total = █\n")
    await world.engine.ahead.done()
    assert len(world.model.generated) == 3
    assert await world.ask("total = first█\n") == " + second"
    assert await world.ask("total = first\n█\n") == "other = total"
    assert len(world.model.generated) == 3


async def test_the_prompt_is_warm_when_the_hand_rests() -> None:
    world = World()
    world.engine.cursor_at(URI, world.request("total = █\n").document)
    await world.engine.ahead.done()
    assert len(world.model.warmed) == 1 and world.model.generated == []


@pytest.mark.parametrize(
    ("battery", "discharging", "saves"),
    [("auto", True, True), ("auto", False, False), ("on", False, True), ("off", True, False)],
)
async def test_on_battery_nothing_is_computed_ahead_and_questions_wait(
    battery: str, discharging: bool, saves: bool
) -> None:
    world = World(with_completion(battery=battery), discharging=discharging)
    world.engine.cursor_at(URI, world.request("total = █\n").document)
    await world.engine.ahead.done()
    assert len(world.model.warmed) == (0 if saves else 1)
    world.slept.clear()
    world.model.enqueue("first")
    await world.ask("total = █\n")
    assert bool(world.slept and world.slept[0] > 0.1) is saves
    await world.engine.ahead.done()
    assert (len(world.model.generated) == 1) is saves


async def test_asked_by_hand_on_battery_there_is_no_waiting() -> None:
    world = World(with_completion(battery="on"))
    world.model.enqueue("first")
    assert await world.ask("total = █\n", INVOKED) == "first"
    assert world.slept == []


async def test_a_plug_that_is_pulled_counts_at_the_next_key() -> None:
    world = World()
    world.engine.cursor_at(URI, world.request("total = █\n").document)
    await world.engine.ahead.done()
    world.discharging = True
    world.engine.cursor_at(URI, world.request("totals = █\n").document)
    await world.engine.ahead.done()
    assert len(world.model.warmed) == 1


async def test_nothing_is_warmed_for_files_of_secrets() -> None:
    world = World()
    world.engine.cursor_at("file:///.env", world.request("KEY=█\n", uri="file:///.env").document)
    await world.engine.ahead.done()
    assert world.model.warmed == []


async def test_deleting_waits_for_the_hand_to_rest() -> None:
    world = World()
    world.model.enqueue("xyz")
    await world.ask("other = 1\ntotal = abc█\n")
    await world.ask("other = █\n")
    assert world.slept == [0.3]


async def test_deleting_back_into_what_was_suggested_is_answered_at_once() -> None:
    world = World()
    world.model.enqueue("xyz")
    await world.ask("total = abc█\n")
    assert await world.ask("tota█\n") == "l = abcxyz"
    assert world.slept == []
