"""Under the eyes of who types along it, a suggestion neither changes nor goes, whatever happens."""

import random
from collections.abc import Awaitable, Callable
from itertools import count

import pytest
from slm_context.types import ContextBundle, Origin, Snippet

from slm_lsp.completion import kept_lines
from slm_lsp.completion.gate import MAX_LINE_CHARS
from slm_lsp.completion.types import Trigger
from slm_lsp.inference.client import WorkerState
from tests.support.engine_world import URI, World, with_completion
from tests.support.fake_model import FakeAnswer

BEFORE, AFTER = "first = second = third = 1\ntotal = ", "\nother = 2\n"
TEXT = "first + second * third"


def always_new() -> Callable[..., Awaitable[ContextBundle]]:
    """A gatherer that finds other snippets each time."""
    number = count()

    async def gather(document) -> ContextBundle:
        text = f"def found_{next(number)}():\n    pass\n"
        return ContextBundle((Snippet("b.py", text, 0, Origin.DEFINITION, 1.0),))

    return gather


async def types_along(world: World, text: str = TEXT, before: str = BEFORE) -> None:
    """At each key, and deleting again, the rest of `text` is shown, and nobody is asked."""
    n_asked = len(world.model.generated)
    n_keys = [*range(1, len(text)), *range(len(text) - 2, -1, -1)]
    for n in n_keys:
        assert await world.ask(f"{before}{text[:n]}█{AFTER}") == text[n:], n
    assert len(world.model.generated) == n_asked
    assert world.statistics.counters.typed_through == len(n_keys) - 1


async def shown(world: World) -> None:
    world.model.enqueue(TEXT, logprob=-0.001)
    assert await world.ask(f"{BEFORE}█{AFTER}") == TEXT
    # Whoever asks now is told something else.
    world.model.default = FakeAnswer(("something_else()",), logprob=-0.001)


async def test_what_follows_is_computed_with_other_snippets() -> None:
    world = World(gather=always_new())
    await shown(world)
    await world.engine.ahead.done()
    assert len(world.model.generated) > 1
    await types_along(world)


async def test_snippets_are_chosen_anew_while_the_hand_rests() -> None:
    world = World(gather=always_new())
    await shown(world)
    world.now += 11.0
    world.engine.cursor_at(URI, world.request(f"{BEFORE}{TEXT[:3]}█{AFTER}").document)
    await world.engine.ahead.done()
    assert world.model.warmed
    await types_along(world)


async def test_more_is_known_than_when_snippets_were_chosen() -> None:
    world = World(gather=always_new())
    await shown(world)
    world.engine.gather_again(URI)
    await types_along(world)


async def test_its_rest_is_less_sure_than_its_beginning() -> None:
    world = World(with_completion(show_at_least_percent=30))
    await shown(world)
    world.statistics.trust = lambda language: 0.1
    await types_along(world)


async def test_the_model_is_started_again() -> None:
    world = World()
    await shown(world)
    world.model.change(WorkerState.RESTARTING)
    await types_along(world)


async def test_other_suggestions_need_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_lines, "MAX_ENTRIES", 1)
    world = World()
    await shown(world)
    await world.engine.ahead.done()
    await types_along(world)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("open('./first/second')", id="a path that only the person knows"),
        pytest.param('{"password": "first", "b": 1}', id="a secret"),
        pytest.param("first; second = third", id="behind the end of a statement"),
        pytest.param('f"{first} and {second}"', id="in a string"),
    ],
)
async def test_the_gate_would_be_silent_on_the_way(text: str) -> None:
    world = World()
    world.model.enqueue(text, logprob=-0.0001)
    assert await world.ask(f"{BEFORE}█{AFTER}") == text
    await types_along(world, text)


async def test_the_line_gets_too_long_on_the_way() -> None:
    long = BEFORE + "first + " * ((MAX_LINE_CHARS - 20) // 8)
    world = World()
    world.model.enqueue(TEXT, logprob=-0.001)
    assert await world.ask(f"{long}█{AFTER}") == TEXT
    await types_along(world, before=long)


async def test_a_copy_of_the_file_is_typed_along_where_the_model_knows_better() -> None:
    lines = [f"    {name} = combine(first, second, third)\n" for name in "abcde"]
    before = f"def f(first, second, third):\n{''.join(lines)}    f = com"
    world = World(with_completion(show_at_least_percent=60), gather=always_new())
    world.model.default = FakeAnswer(("something_else()",), logprob=-0.001)
    text = await world.ask(f"{before}█{AFTER}")
    assert text is not None and text.startswith("bine(first") and not world.model.generated
    await world.engine.ahead.done()
    world.engine.cursor_at(URI, world.request(f"{before}bi█{AFTER}").document)
    await world.engine.ahead.done()
    world.statistics.trust = lambda language: 0.1
    await types_along(world, text, before)


async def test_what_was_asked_for_by_hand_stays_though_it_is_not_sure() -> None:
    world = World(with_completion(show_at_least_percent=90))
    world.model.enqueue("frobnicate(x)", logprob=-3.0)
    assert await world.ask(f"{BEFORE}█{AFTER}", Trigger.INVOKED) == "frobnicate(x)"
    await types_along(world, "frobnicate(x)")


async def test_of_three_any_may_be_typed_along() -> None:
    world = World(with_completion(n_candidates=3))
    world.model.enqueue_answer(FakeAnswer(("first + 1", "second + 2", "first - 3")))
    request = world.request(f"{BEFORE}█{AFTER}", Trigger.INVOKED)
    asked = await world.complete(request)
    assert asked is not None and asked.text == "first + 1"
    assert await world.ask(f"{BEFORE}sec█{AFTER}") == "ond + 2"
    both = await world.complete(world.request(f"{BEFORE}fir█{AFTER}"))
    assert both is not None and both.text == "st + 1"
    assert [one.text for one in both.others] == ["st - 3"]
    assert len(world.model.generated) == 1


async def test_brackets_and_quotes_that_the_editor_closes_are_replaced() -> None:
    world = World()
    world.model.enqueue('first(second["third"])', logprob=-0.001)
    await world.ask(f"{BEFORE}█{AFTER}")
    steps = [("first(", ")"), ("first(second[", "])"), ('first(second["', '"])')]
    for typed, ahead in steps:
        completion = await world.complete(world.request(f"{BEFORE}{typed}█{ahead}{AFTER}"))
        assert completion is not None
        assert typed + completion.text == 'first(second["third"])'
        assert completion.n_replaced == len(ahead)
    assert len(world.model.generated) == 1


async def test_a_block_is_typed_along_from_line_to_line() -> None:
    block = "w = abs(w)\n    h = abs(h)\n    return w * h"
    world = World(gather=always_new())
    world.model.enqueue(block, logprob=-0.001)
    before = "def area(w, h):\n    "
    assert await world.ask(f"{before}█{AFTER}") == block
    for n in range(1, len(block)):
        world.now += 11.0
        await world.engine.ahead.done()
        assert await world.ask(f"{before}{block[:n]}█{AFTER}") == block[n:]


@pytest.mark.parametrize(
    ("marked", "uri"),
    [
        pytest.param(f"{BEFORE}fist█{AFTER}", URI, id="other text"),
        pytest.param(f"{BEFORE}{TEXT}█{AFTER}", URI, id="at its end"),
        pytest.param(f"x = 1\n{BEFORE}first█{AFTER}", URI, id="text above"),
        pytest.param(f"{BEFORE}first█{AFTER}x = 1\n", URI, id="text below"),
        pytest.param(f"{BEFORE}first█ + 1{AFTER}", URI, id="text behind"),
        pytest.param(f"{BEFORE}first█{AFTER}", "file:///other.py", id="another file"),
    ],
)
async def test_it_stays_nowhere_else(marked: str, uri: str) -> None:
    world = World()
    await shown(world)
    assert await world.ask(marked, uri=uri) != TEXT[5:]


async def test_who_asks_by_hand_on_the_way_is_told_by_the_model() -> None:
    world = World(with_completion(n_candidates=2))
    await shown(world)
    n_asked = len(world.model.generated)
    await world.ask(f"{BEFORE}first█{AFTER}", Trigger.INVOKED)
    assert len(world.model.generated) == n_asked + 1


async def test_a_slip_and_back_is_still_typing_along() -> None:
    world = World(gather=always_new())
    await shown(world)
    world.model.default = FakeAnswer()
    assert await world.ask(f"{BEFORE}first?█{AFTER}") is None
    assert await world.ask(f"{BEFORE}first█{AFTER}") == TEXT[5:]


async def test_what_was_closed_is_forgotten() -> None:
    world = World(gather=always_new())
    await shown(world)
    world.engine.close_document(URI)
    assert await world.ask(f"{BEFORE}first█{AFTER}") != TEXT[5:]


@pytest.mark.parametrize("seed", range(8))
async def test_at_random(seed: int) -> None:
    """Keys, pauses and news in any order; what is left of what is shown stays."""
    rng = random.Random(seed)
    world = World(with_completion(show_at_least_percent=30), gather=always_new())
    await shown(world)
    at = 0
    for _ in range(60):
        at = min(len(TEXT) - 1, max(0, at + rng.choice((-2, -1, 1, 1, 1, 1, 6))))
        marked = f"{BEFORE}{TEXT[:at]}█{AFTER}"
        match rng.randrange(8):
            case 0:
                world.now += rng.choice((0.3, 12.0))
            case 1:
                world.engine.gather_again(URI)
            case 2:
                await world.engine.ahead.done()
            case 3:
                world.engine.cursor_at(URI, world.request(marked).document)
            case 4:
                await world.engine.ahead.done()
                world.statistics.trust = lambda language: rng.choice((0.1, 1.0))
            case 5:
                states = (WorkerState.READY, WorkerState.RESTARTING)
                world.model.change(rng.choice(states))
            case _:
                pass
        assert await world.ask(marked) == TEXT[at:]
