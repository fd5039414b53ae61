"""Names that exist, which candidate comes first, and what is too unsure to be shown."""

import math

import pytest
from slm_context.cursor import DocumentContext

from slm_lsp.completion.names import unknown_names
from slm_lsp.completion.rank import Candidate, ranked
from slm_lsp.completion.show import features_of, show_model
from slm_lsp.completion.types import Completion, CompletionMode, SkipReason, Token, Trigger
from tests.completion.test_engine import World, with_completion
from tests.support.fake_model import FakeAnswer


@pytest.mark.parametrize(
    ("text", "language", "seen", "expected"),
    [
        ("shape.width", "python", "shape = 1; width = 2", []),
        ("shape.depth", "python", "shape = 1; width = 2", ["depth"]),
        ("len(names)", "python", "names = []", []),
        ("names.append(name)", "python", "names, name = [], 1", []),
        ("total = sum(values)", "python", "values", []),
        ("for item in values:", "python", "values", []),
        ("lambda key: key", "python", "", []),
        ('show("no such thing")  # really', "python", "show", []),
        ("widths", "python", "width", ["widths"]),
        ("frobnicate(x, frobnicate)", "python", "x", ["frobnicate"]),
        ("const area = shape.width", "typescript", "shape width", []),
        ("err := run(ctx)", "go", "run ctx", []),
        ("return nil, err", "go", "", ["err"]),
        ("let mut area = width.max(1)", "rust", "width", ["max"]),
        ("größe + breite", "python", "größe", ["breite"]),
        ("anything", None, "", ["anything"]),
    ],
)
def test_names_that_stand_nowhere(text: str, language, seen: str, expected: list[str]) -> None:
    assert unknown_names(text, language, [seen]) == expected


def candidate(text: str, logprob: float, *unknown: str) -> Candidate:
    return Candidate(Completion(text, (Token(text, logprob),)), unknown)


def order(*candidates: Candidate) -> list[str]:
    return [one.completion.text for one in ranked(candidates)]


def test_the_likelier_one_comes_first() -> None:
    assert order(candidate("first", -0.9), candidate("second", -0.2)) == ["second", "first"]


def test_a_name_that_exists_nowhere_is_ranked_down() -> None:
    assert order(candidate("wdith", -0.2, "wdith"), candidate("width", -0.9)) == ["width", "wdith"]


def test_what_others_begin_with_too_is_ranked_up() -> None:
    found = order(candidate("other", -0.5), candidate("width", -0.6), candidate("width * 2", -0.9))
    assert found[0] == "width"


def test_equal_texts_are_offered_once() -> None:
    assert order(candidate("a", -0.2), candidate("a", -0.3), candidate("b", -0.4)) == ["a", "b"]


# Show or hide.


def probability(logprob: float, n_unknown: int = 0) -> float:
    document = DocumentContext("a.py", "python", "total = \n", 8)
    completion = Completion(
        "first + second", (Token("first", logprob), Token(" + second", logprob))
    )
    return show_model().probability(
        features_of(document, completion, CompletionMode.LINE, n_unknown)
    )


def test_the_surer_the_model_the_more_probable() -> None:
    ps = [probability(-x / 4) for x in range(12)]
    assert ps == sorted(ps, reverse=True)
    assert all(0 < p < 1 for p in ps)


def test_every_feature_has_its_weight_and_no_weight_lacks_its_feature() -> None:
    document = DocumentContext("a.py", "python", "total = \n", 8)
    features = features_of(document, Completion("x"), CompletionMode.LINE, 0)
    assert set(features) == set(show_model().weights)
    assert all(math.isfinite(weight) for weight in show_model().weights.values())


async def test_who_did_not_ask_sees_only_what_is_probably_right() -> None:
    world = World(with_completion(show_at_least_percent=50))
    world.model.enqueue("frobnicate(x)", logprob=-4.0)
    assert await world.ask("total = █\n") is None
    assert world.why is SkipReason.UNSURE
    told = world.engine.explain_last
    assert told is not None and told.probability is not None and told.probability < 0.5
    assert told.unknown_names == ["frobnicate", "x"]


async def test_who_asks_by_hand_sees_it() -> None:
    world = World(with_completion(show_at_least_percent=50, n_candidates=1))
    world.model.enqueue("frobnicate(x)", logprob=-4.0)
    assert await world.ask("total = █\n") is None
    assert await world.ask("total = █\n", Trigger.INVOKED) == "frobnicate(x)"
    assert len(world.model.generated) == 1


async def test_typing_along_what_was_hidden_asks_again() -> None:
    world = World(with_completion(show_at_least_percent=50))
    world.model.enqueue("frobnicate(x)", logprob=-4.0)
    await world.ask("total = █\n")
    await world.ask("total = █\n")
    assert len(world.model.generated) == 1
    await world.ask("total = f█\n")
    assert len(world.model.generated) == 2


async def test_three_to_choose_from_by_hand_and_one_otherwise() -> None:
    world = World(with_completion(n_candidates=3))
    world.model.enqueue_answer(FakeAnswer(("first", "frobnicate()", "second")))
    request = world.request("first = second = 1\ntotal = █\n", Trigger.INVOKED)
    best = await world.engine.complete(request)
    assert best is not None and best.text == "first"
    assert [one.text for one in best.others] == ["second", "frobnicate()"]
    assert (await world.engine.complete(request)) == best
    assert len(world.model.generated) == 1 and world.model.generated[0].n_candidates == 3
    world.model.enqueue("third")
    await world.ask("a = 1\ntotal = █\n")
    assert world.model.generated[1].n_candidates == 1


async def test_a_better_candidate_replaces_one_with_an_invented_name() -> None:
    world = World(with_completion(n_candidates=3))
    world.model.enqueue_answer(FakeAnswer(("frobnicate()", "first + 1", "first * 2")))
    assert await world.ask("first = 1\ntotal = █\n", Trigger.INVOKED) in ("first + 1", "first * 2")


async def test_what_was_declined_in_a_language_is_shown_less() -> None:
    world = World(with_completion(show_at_least_percent=20))
    world.model.enqueue("first + second", logprob=-0.5)
    document = "first = second = 1\ntotal = █\n"
    assert await world.ask(document) is not None
    told = world.engine.explain_last
    assert told is not None and told.probability is not None
    world.statistics.trust = lambda language: 0.1 if language == "python" else 1.0
    assert await world.ask(document) is None
    assert world.why is SkipReason.UNSURE
