"""What the model is asked, on a model that answers what the test says."""

import asyncio

from slm_context.cursor import DocumentContext
from slm_context.expected import ExpectedName
from slm_context.types import ContextBundle, Origin, Snippet

from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.wire import Generate
from tests.support.engine_world import URI, World


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


async def test_a_prompt_has_as_many_snippets_on_a_line_whatever_the_budget() -> None:
    """It grows when it is known how long tokens are: one more snippet moves all behind it."""

    async def gather(document: DocumentContext) -> ContextBundle:
        code = "width = height\n" * 18
        return ContextBundle(
            tuple(Snippet(f"{one}.py", code, 0, Origin.DEFINITION, 1.0) for one in "abcd")
        )

    world, above = World(gather=gather), "compute(first, second)\n" * 60
    for typed in ("", "b", "b.", "b.c", "b.cd", "b.cde", "b.cdef"):
        world.model.enqueue("x")
        await world.ask(f"{above}a = {typed}█\n")
    on_line = [_n_snippets(one) for one in world.model.generated]
    assert len(on_line) > 3 and set(on_line) == {on_line[0]}
    world.model.enqueue("x")
    await world.ask(f"{above}a = b.cdef\nc = █\n")
    assert _n_snippets(world.model.generated[-1]) > on_line[0]


async def test_what_becomes_known_on_a_line_is_in_its_next_prompt() -> None:
    """As when the index is ready, or another server has told what a name is."""
    known: list[Snippet] = []

    async def gather(document: DocumentContext) -> ContextBundle:
        return ContextBundle(tuple(known))

    world = World(gather=gather)
    await world.ask("a = █\n")
    assert _n_snippets(world.model.generated[-1]) == 0
    known.append(Snippet("shapes.py", "width = height\n", 0, Origin.DEFINITION, 1.0))
    world.engine.gather_again(URI)
    await world.ask("a = b█\n")
    assert _n_snippets(world.model.generated[-1]) == 1


def _n_snippets(asked: Generate) -> int:
    return sum("width = height" in text for text, _ in asked.segments)


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
