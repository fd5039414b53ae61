"""What the model may say: only of what changed, seldom, and never alone."""

import pytest
from slm_context.syntax import parse
from slm_prompts import templates

from slm_lsp.diagnostics.advice import HINT_NATS, Advice, in_words
from slm_lsp.diagnostics.budget import SHARE, WINDOW_S, TimeBudget
from slm_lsp.diagnostics.judge import Judge, ModelJudge, Place
from slm_lsp.diagnostics.refill import is_small, refilled
from slm_lsp.diagnostics.review import Changed, odd_spots
from slm_lsp.diagnostics.semantics import HINTS, check_semantics
from slm_lsp.diagnostics.sites import sites
from slm_lsp.diagnostics.types import Edit
from tests.support.fake_model import FakeModel
from tests.support.fixed_judge import Fixed

FORGOTTEN = "def f(price_old, price_new):\n    a = g(price_old)\n    return a + price_old\n"


def advice(judge: Judge | None, now: list[float] | None = None) -> Advice:
    clock = (lambda: now[0]) if now else (lambda: 0.0)
    return Advice(lambda: judge, TimeBudget(clock))


def hint():
    tree = parse(FORGOTTEN, "python")
    assert tree is not None
    found = check_semantics(tree, "a.py", frozenset(), HINTS)
    assert found and all(one.rule == "variable-misuse" and one.severity == 4 for one in found)
    return Place("a.py", "python", FORGOTTEN), found[0]


async def test_a_hint_needs_the_model_to_agree_and_is_asked_for_once() -> None:
    place, finding = hint()
    judge = Fixed(HINT_NATS + 1)
    asked = advice(judge)
    agreed = await asked.agrees(place, finding)
    assert agreed is not None and "times likelier" in agreed.message
    assert await asked.agrees(place, finding) == agreed
    assert len(judge.asked) == 1
    assert await advice(Fixed(HINT_NATS - 1)).agrees(place, finding) is None


@pytest.mark.parametrize("judge", [None, Fixed(9.0, busy=True)])
async def test_without_an_answer_there_is_no_hint(judge: Judge | None) -> None:
    assert await advice(judge).agrees(*hint()) is None


def test_a_tenth_of_the_time_is_spent_and_comes_back() -> None:
    now = [0.0]
    budget = TimeBudget(lambda: now[0])
    with budget.spending():
        now[0] += SHARE * WINDOW_S - 1
    assert not budget.is_spent
    with budget.spending():
        now[0] += 1
    assert budget.is_spent
    now[0] += WINDOW_S
    assert not budget.is_spent


async def test_a_budget_that_is_spent_silences_the_model() -> None:
    now = [0.0]
    judge = Fixed(9.0)
    asked = advice(judge, now)
    with asked._budget.spending():
        now[0] += SHARE * WINDOW_S
    assert await asked.agrees(*hint()) is None and not judge.asked


@pytest.mark.parametrize(
    ("line", "written", "small"),
    [
        ("return a b c d e f", "return a + b, c, d", False),  # too much
        ("x = f(a, b, c, d, e, g h)", "x = f(a, b, c, d, e, g, h)", True),
        ("x = f(a, b, c, d, e, g h)", "x = f(a, b, c, d, e, other, h)", False),  # a new name
        ("", "return a", False),
    ],
)
def test_a_line_written_anew_changes_little_and_knows_its_names(
    line: str, written: str, small: bool
) -> None:
    assert is_small(line, written, f"{line}\n") is small


async def test_a_refill_is_offered_only_if_it_parses() -> None:
    text = "def f(a, b, c, d, e, g, h):\n    x = f(a, b, c, d, e, g h,, 1)\n"
    place, stumble = Place("a.py", "python", text), text.index("g h")
    good = Fixed(line="g, h, 1)")
    repair = await refilled(place, stumble, good, lambda edit: "g, h, 1)" in edit.new_text)
    assert repair is not None and repair.title.startswith("Change the line to `x = f(a")
    assert await refilled(place, stumble, good, lambda edit: False) is None


async def test_the_judge_scores_the_rest_of_the_line_behind_one_prompt() -> None:
    model = FakeModel()
    await model.start()
    judge = ModelJudge(model, next(iter(templates().values())))
    text = "def f(one, two):\n    return one\nlast\n"
    start = text.rindex("one")
    edits = [Edit(start, start + 3, "two"), Edit(start, start + 3, "two, one")]
    ratios = await judge.ratios(Place("a.py", "python", text), edits)
    [request] = model.scored
    assert request.candidates == (" one", " two", " two, one")
    said = "".join(part for part, _ in request.segments)
    assert "    return" in said and "\nlast\n" in said
    assert ratios[0] == 0 and ratios[1] < 0  # the fake finds all words equally likely
    model.enqueue("two\nmore")
    assert await judge.rest_of_line(Place("a.py", "python", text), start) == "two"


async def test_by_token_less_text_is_not_better() -> None:
    model = FakeModel()
    await model.start()
    judge = ModelJudge(model, next(iter(templates().values())))
    place = Place("a.py", "python", "total = one + two + three\n")
    shorter, longer = Edit(8, 22, ""), Edit(8, 8, "zero + ")
    assert await judge.ratios(place, [shorter, longer]) == pytest.approx([0.4, -0.2])
    by_token = await judge.ratios(place, [shorter, longer], by_token=True)
    assert by_token == pytest.approx([0.0, -0.2])


async def test_what_spans_lines_is_not_judged() -> None:
    model = FakeModel()
    await model.start()
    judge = ModelJudge(model, next(iter(templates().values())))
    place = Place("a.py", "python", "f(\n    a,\n    b)\n")
    assert await judge.ratios(place, [Edit(7, 15, "b,\n    a")]) == [0.0]
    assert not model.scored


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "def f(a, b):\n    return a < b\n", [("<", "<="), ("b", "a")]),
        ("python", "def f(a, b):\n    return b\n", [("b", "a")]),
        ("go", "package p\n\nfunc f(a, b int) bool {\n\treturn a && b\n}\n", [("&&", "||")]),
        ("python", "def f(a):\n    # a < b\n    'a < b'\n", []),
        ("python", "def f(a, b):\n    return a[1]\n", [("1", "0")]),
    ],
)
def test_sites(language: str, text: str, expected: list[tuple[str, str]]) -> None:
    tree = parse(text, language)
    assert tree is not None
    found = {
        (one.token, other) for one in sites(tree, frozenset(range(9))) for other in one.candidates
    }
    assert set(expected) <= found
    assert bool(found) == bool(expected)
    assert not list(sites(tree, frozenset()))


async def test_odd_spots_are_ranked_and_evidence_comes_first() -> None:
    text = FORGOTTEN + "\n\ndef h(one, two):\n    return one < two\n"
    change = Changed(Place("a.py", "python", text), frozenset(range(9)))
    odd = await odd_spots([change], Fixed(1.0), n=3)
    assert len(odd) == 3 and odd[0].score > odd[2].score
    assert "is never used" in odd[0].finding.message
    assert await odd_spots([change], Fixed(0.1)) == []


@pytest.mark.parametrize(
    ("ratio", "said"), [(2.1, "about 8 times"), (5.3, "about 200 times"), (20.0, "10,000")]
)
def test_one_digit_is_said(ratio: float, said: str) -> None:
    assert said in in_words(ratio)
