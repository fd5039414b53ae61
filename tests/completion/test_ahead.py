"""When a question waits, and what is computed while nobody types."""

import pytest
from slm_context.types import ContextBundle

from slm_lsp.completion import copying
from slm_lsp.completion.counting import Corpus
from slm_lsp.completion.types import Trigger
from tests.support.engine_world import URI, World, with_completion


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
    assert await world.ask("total = █\n", Trigger.INVOKED) == "first"
    assert world.slept == []


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


async def test_the_words_of_files_beside_are_counted_when_the_hand_rests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: list[str] = []

    def count(text: str) -> Corpus:
        counted.append(text)
        return Corpus(text)

    async def gather(document):
        return ContextBundle(beside=("total = first + second\n",))

    monkeypatch.setattr(copying, "counted", count)
    world = World(gather=gather)
    world.engine.cursor_at(URI, world.request("total = █\n").document)
    await world.engine.ahead.done()
    assert counted == ["total = first + second\n"]
    world.model.enqueue("first")
    await world.ask("total = █\n")
    assert len(counted) == 1


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
    assert await world.ask("total = █\n", Trigger.INVOKED) == "first"
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
