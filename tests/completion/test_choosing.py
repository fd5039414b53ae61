"""Names that exist, which candidate comes first, and what is too unsure to be shown."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from slm_context.syntax import parse
from slm_prompts import templates

from slm_lsp.completion.confident import confident_part
from slm_lsp.completion.copying import Copier
from slm_lsp.completion.names import unknown_names
from slm_lsp.completion.postprocess import InsertionPoint
from slm_lsp.completion.rank import Candidate, ranked
from slm_lsp.completion.show import Evidence, features_of, show_model
from slm_lsp.completion.types import Completion, CompletionMode, SkipReason, Source, Token, Trigger
from tests.support.engine_world import World, with_completion
from tests.support.fake_model import FakeAnswer
from tests.support.markup import document_at


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


def around(marked: str) -> InsertionPoint:
    document = document_at(marked)
    template = templates()["qwen-coder-v1"]
    return InsertionPoint(document, CompletionMode.LINE, template, parse(document.text, "python"))


def features(logprob: float, text: str = "first + second", n_unknown: int = 0) -> dict[str, float]:
    tokens = tuple(Token(one, logprob) for one in text.partition(" +"))
    evidence = Evidence(n_unknown=n_unknown)
    return features_of(around("total = █\n"), Completion(text, tokens), evidence)


def test_the_surer_the_model_the_more_probable() -> None:
    ps = [show_model().probability(features(-x / 4)) for x in range(12)]
    assert ps == sorted(ps, reverse=True)
    assert all(0 < p < 1 for p in ps)


def test_what_the_file_says_in_like_places_is_more_probable() -> None:
    def probability(marked: str) -> float:
        completion = Completion("width", (Token("width", -1.0),))
        place = around(marked)
        evidence = Evidence(*Copier().echo(place.document, completion.text))
        return show_model().probability(features_of(place, completion, evidence))

    same = probability("a = shape.width\nb = shape.width\nc = shape.█\n")
    other = probability("a = shape.depth\nb = shape.depth\nwidth = shape.█\n")
    assert same > other + 0.1


def test_a_sure_suggestion_gains_and_one_character_never_does() -> None:
    assert show_model().gain_s(features(-0.01, "first + second * third_one")) > 0
    assert show_model().gain_s(features(-0.01, ")")) < 0


def test_every_feature_has_its_weight_and_no_weight_lacks_its_feature() -> None:
    models = map(show_model, Source)
    for model in (logistic for one in models for logistic in (one.right, one.worth)):
        assert set(features(-1.0)) == set(model.weights)
        assert all(math.isfinite(weight) for weight in model.weights.values())


def test_more_that_speaks_for_a_suggestion_promises_no_less() -> None:
    models = map(show_model, Source)
    for model in (logistic for one in models for logistic in (one.right, one.worth)):
        alone = replace(model, weights={"x": 1.0}, bias=0.0)
        promised = [alone.probability({"x": n / 4}) for n in range(-30, 31)]
        # Weights are rounded.
        assert all(more > less - 1e-3 for less, more in pairwise(promised))


async def test_who_did_not_ask_sees_only_what_is_probably_right() -> None:
    world = World(with_completion(show_at_least_percent=50))
    world.model.enqueue("frobnicate(x)", logprob=-4.0)
    assert await world.ask("total = █\n") is None
    assert world.why is SkipReason.UNSURE
    told = world.engine.explain_last
    assert told is not None and told.probability is not None and told.probability < 0.5
    assert "frobnicate" in told.unknown_names


async def test_who_asks_by_hand_sees_it() -> None:
    world = World(with_completion(show_at_least_percent=50, n_candidates=1))
    world.model.enqueue("frobnicate", logprob=-4.0)
    assert await world.ask("total = █\n") is None
    assert await world.ask("total = █\n", Trigger.INVOKED) == "frobnicate"
    assert len(world.model.generated) == 1


async def test_what_was_hidden_is_judged_anew_as_it_is_typed_and_not_asked_again() -> None:
    world = World(with_completion(show_at_least_percent=50))
    world.model.enqueue("frobnicate(x)", logprob=-2.5)
    text, promised = "frobnicate(x)", list[float]()
    for n in range(8):
        await world.ask(f"frobnicate(1)\ntotal = {text[:n]}█\n")
        told = world.engine.explain_last
        assert told is not None and told.probability is not None
        promised.append(told.probability)
    assert len(world.model.generated) == 1
    assert promised[0] < promised[-1] / 1.5


async def test_what_is_right_and_saves_nothing_is_not_shown() -> None:
    world = World(with_completion(show_at_least_percent=20))
    world.model.enqueue(")", logprob=-0.01)
    assert await world.ask("total = sum(values█\n") is None
    assert world.why is SkipReason.NO_GAIN


# How much of it.


@pytest.mark.parametrize(
    ("marked", "tokens", "expected"),
    [
        pytest.param(
            "x = █\n", [("first", 0), (" + ", 0), ("second", 0)], "first + second", id="sure"
        ),
        pytest.param(
            "x = █\n", [("first", 0), (" + ", -3), ("second", 0)], "first", id="to a word"
        ),
        pytest.param(
            "x = █\n",
            [("first", 0), (".get", -1), ("(y", -3), (")", 0)],
            "first.get",
            id="no opener",
        ),
        pytest.param(
            "x = █\n",
            [("get(first", 0), (", other", -3), (")", 0)],
            "get(first, other)",
            id="parses",
        ),
        pytest.param(
            "x = (█)\n",
            [("first_one", 0), (" + second", -3), (")", 0)],
            "first_one",
            id="closer there",
        ),
        pytest.param("x = █\n", [("a", -3), (" + b", -1)], "a + b", id="too short to cut"),
        pytest.param(
            "x = 1  # see █\n",
            [("Writer#", 0), ("name", -3)],
            "Writer",
            id="not behind what joins",
        ),
        pytest.param(
            "run(\n    [█)\n",
            [("first_one, str(", 0), ("y", -3), (")", 0)],
            "first_one, str",
            id="nor behind a bracket that it opens",
        ),
        pytest.param(
            "from a import b█\n",
            [("ytes, ", 0), ("chars", -3)],
            "ytes, chars",
            id="nor behind a comma",
        ),
        pytest.param(
            "add(\n    first,\n    h█\n)\n",
            [("elp=", 0), ('"select', 0), (' some"', -3)],
            'elp="select some"',
            id="not within its string",
        ),
        pytest.param(
            "x = █\n",
            [("first()", 0), ("  # which", 0), (" is so", -3)],
            "first()",
            id="not within its comment",
        ),
        pytest.param(
            "█\nx = 1\n",
            [("# Which", 0), (" is so", -3)],
            "# Which",
            id="in a comment of its own",
        ),
        pytest.param(
            "# of all █\n",
            [("words ", 0), ("that", 0), (" are", -3)],
            "words that",
            id="in a comment",
        ),
        pytest.param(
            "# of all █\n",
            [("words (", 0), ("that", -3)],
            "words",
            id="not behind a bracket in a comment",
        ),
        pytest.param(
            "# of all █\n",
            [("words `", 0), ("that`", -3)],
            "words",
            id="nor behind a quote",
        ),
        pytest.param(
            "# of all █\n",
            [("`words` ", 0), ("that", -3)],
            "`words`",
            id="but behind its other half",
        ),
        pytest.param(
            "# of all █\n",
            [("words (that", 0), (" are)", -3)],
            "words",
            id="nor within brackets of its own",
        ),
        pytest.param(
            "# of (all █\n",
            [("words that", 0), (" are)", -3)],
            "words that",
            id="but within those that were open",
        ),
        pytest.param(
            "x = █\n",
            [("first(a, b", 0), (", c)", -3)],
            "first",
            id="nor within a call of its own",
        ),
        pytest.param(
            "# for (█\n",
            [("first = 0; i", 0), (" < 3;", -3)],
            "first = 0",
            id="nor within the head of a loop",
        ),
        pytest.param(
            "# of all █\n",
            [("words::", 0), ("that", -3)],
            "words",
            id="nor between a name and its own",
        ),
        pytest.param(
            "first = second\nfirst.second.third\nfirst.█\n",
            [("second", 0), (".third", 0), (".fourth", -3)],
            "second",
            id="not where it is the line above",
        ),
        pytest.param(
            "if x:\n    █\n",
            [("first()", 0), ("\n    second()", -4)],
            "first()",
            id="a line of a block",
        ),
        pytest.param(
            "if x:\n    █\n",
            [(" first()", 0), ("\n    b()", 0)],
            "first()\n    b()",
            id="a sure block",
        ),
    ],
)
def test_a_suggestion_ends_where_the_model_gets_unsure(
    marked: str, tokens: list[tuple[str, float]], expected: str
) -> None:
    told = tuple(Token(text, float(logprob)) for text, logprob in tokens)
    whole = Completion("".join(text for text, _ in tokens).strip(), told)
    assert confident_part(whole, around(marked)).text == expected


async def test_who_asks_by_hand_gets_the_whole_line() -> None:
    world = World()
    document = "first = second = 1\ntotal = █\n"
    for _ in range(2):
        world.model.enqueue("first + second", logprob=-0.9)
    assert await world.ask(document) == "first"
    assert await world.ask(document, Trigger.INVOKED) == "first + second"
    assert await world.ask(document, Trigger.INVOKED) == "first + second"
    assert len(world.model.generated) == 2


async def test_three_to_choose_from_by_hand_and_one_otherwise() -> None:
    world = World(with_completion(n_candidates=3))
    world.model.enqueue_answer(FakeAnswer(("first", "frobnicate()", "second")))
    request = world.request("first = second = 1\ntotal = █\n", Trigger.INVOKED)
    best = await world.complete(request)
    assert best is not None and best.text == "first"
    assert [one.text for one in best.others] == ["second", "frobnicate()"]
    assert (await world.complete(request)) == best
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
    world.model.enqueue("first + second", logprob=-0.01)
    document = "first = second = 1\ntotal = █\n"
    assert await world.ask(document) is not None
    told = world.engine.explain_last
    assert told is not None and told.probability is not None
    world.statistics.trust = lambda language: 0.1 if language == "python" else 1.0
    world.model.enqueue("first + second", logprob=-0.01)
    assert await world.ask(f"\n{document}") is None
    assert world.why is SkipReason.UNSURE


async def test_a_name_that_another_file_of_the_repository_defines_is_known() -> None:
    asked: list[list[str]] = []

    async def defined(names) -> frozenset[str]:
        asked.append(list(names))
        return frozenset({"frobnicate"})

    world = World(with_completion(n_candidates=3), defined=defined)
    world.model.enqueue_answer(FakeAnswer(("frobnicate()", "defrost()", "defrost()")))
    assert await world.ask("total = █\n", Trigger.INVOKED) == "frobnicate()"
    assert asked == [["frobnicate", "defrost"]]
    told = world.engine.explain_last
    assert told is not None and told.unknown_names == []
