"""What the model wrote is not asked for again while it is typed, whether it was shown or not."""

import pytest

from slm_lsp.completion.asking import Answer
from slm_lsp.completion.types import CompletionMode, SkipReason, Token, Trigger
from slm_lsp.completion.written import WrittenAnswers
from slm_lsp.inference.wire import Done, EndReason
from tests.support.engine_world import World, with_completion
from tests.support.markup import document_at

SCOPE = "model:template:context"
LINE, BLOCK = CompletionMode.LINE, CompletionMode.BLOCK


def answered(text: str, reason: EndReason = EndReason.STOP) -> Answer:
    tokens = [Token(text[n : n + 3], -0.1) for n in range(0, len(text), 3)]
    return Answer([tokens], Done(1, reason, 0, 0, 0, 0.0, 0.0))


def remember(marked: str, answer: Answer, mode: CompletionMode = LINE) -> WrittenAnswers:
    written = WrittenAnswers()
    written.put(SCOPE, document_at(marked), answer, mode)
    return written


def rest(written: WrittenAnswers, marked: str, mode: CompletionMode = LINE, scope: str = SCOPE):
    found = written.get(scope, document_at(marked), mode)
    return found and ("".join(token.text for token in found.tokens), found.typed)


def test_the_rest_of_an_answer_at_every_key() -> None:
    text = "add(first)"
    written = remember("x = 1\ny = █\n", answered(text))
    for n in range(len(text)):
        assert rest(written, f"x = 1\ny = {text[:n]}█\n") == (text[n:], n)


@pytest.mark.parametrize(
    "marked",
    ["y = add(first)█\n", "y = s█\n", "y = █ + 1\n", "x = █\n", "y = █\nz = 1\n"],
    ids=["its end", "something else", "code behind", "another line", "another suffix"],
)
def test_elsewhere_the_model_is_asked(marked: str) -> None:
    assert rest(remember("y = █\n", answered("add(first)")), marked) is None


def test_nothing_is_an_answer_and_holds_at_its_place_only() -> None:
    written = remember("y = 1█\n", answered(""))
    assert rest(written, "y = 1█\n") == ("", 0)
    assert rest(written, "y = 12█\n") is None


def test_closers_typed_ahead_change_nothing() -> None:
    written = remember("y = █\n", answered("add(first)"))
    assert rest(written, "y = add(█)\n") == ("first)", 4)


def test_an_answer_that_was_cut_off_is_asked_for_again() -> None:
    written = remember("y = █\n", answered("add(fi", EndReason.DEADLINE))
    assert rest(written, "y = add█\n") is None


def test_a_line_is_no_block() -> None:
    written = remember("def f():\n    █\n", answered("return 1"))
    assert rest(written, "def f():\n    █\n", BLOCK) is None
    written = remember("def f():\n    █\n", answered("x = 1\n    return x"), BLOCK)
    assert rest(written, "def f():\n    x█\n") == (" = 1\n    return x", 1)


def test_another_model_is_asked() -> None:
    assert rest(remember("y = █\n", answered("add")), "y = █\n", scope="other") is None


async def test_what_the_filters_dropped_is_not_asked_for_at_each_key() -> None:
    world = World()
    world.model.enqueue("add(first, sub(second,")  # which does not parse
    for typed in ("", "a", "ad", "add"):
        assert await world.ask(f"total = {typed}█\n") is None
        assert world.why is SkipReason.NOTHING_LEFT
    assert len(world.model.generated) == 1


async def test_behind_the_sure_part_of_an_answer_comes_its_next_part() -> None:
    world = World()
    world.model.enqueue("first(second, third)", logprob=-1.2)
    document = "second = third = 1\ntotal = {}█\n"
    assert await world.ask(document.format("")) == "first"
    assert await world.ask(document.format("first")) == "(second, third)"
    assert len(world.model.generated) == 1


async def test_who_asks_by_hand_asks_the_model() -> None:
    world = World(with_completion(n_candidates=3))
    world.model.enqueue("   ")
    world.model.enqueue("first")
    assert await world.ask("total = █\n") is None
    assert await world.ask("total = █\n", Trigger.INVOKED) == "first"
