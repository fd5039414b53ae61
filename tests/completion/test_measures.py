"""The yardsticks of the benchmarks: what counts as right, and programs that are run apart."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from benchmarks.broken import n_errors, n_unopened
from benchmarks.commits import Change, hunks_of, pauses
from benchmarks.fitting import bend, calibration, fit, predict
from benchmarks.llama_vim import _repeats
from benchmarks.oracle import Judgement, Tally, interval, judge, useful
from benchmarks.recalibrate import simulated
from benchmarks.replay import FIRST, WORDS, newest_of_each, rows
from benchmarks.replaying import Kept
from slm_lsp.completion.show import SECONDS_A_KEY, Logistic


@pytest.mark.parametrize(
    ("shown", "truth", "length"),
    [
        ("first + second", "first + second", 14),
        ("first + third", "first + second", 8),
        ("firs", "first", 0),
        ("first", "first_one", 0),
        ("first", "first.one", 5),
        ("other", "first", 0),
        (")", ")", 1),
        ("", "first", 0),
    ],
)
def test_what_a_person_would_take(shown: str, truth: str, length: int) -> None:
    assert useful(shown, truth) == length


@pytest.mark.parametrize(
    ("shown", "truth", "expected"),
    [
        pytest.param(
            "first + second", "first + second", Judgement(14, 14, 13, 13, True), id="line"
        ),
        pytest.param("first + third", "first + second", Judgement(8, 8, 6, 0, False), id="words"),
        pytest.param("first", "first + second", Judgement(5, 5, 4, 0, True), id="to its end"),
        pytest.param("one", "one + two", Judgement(3, 0, 0, 0, True), id="too short to take"),
        pytest.param("x)", "x)", Judgement(2, 2, 1, 1, True), id="short, but all there is"),
        pytest.param("other", "first", Judgement(0, 0, 0, 0, False), id="wrong"),
        pytest.param("first\nnext", "first", Judgement(5, 5, 4, 4, True), id="a block"),
    ],
)
def test_what_a_person_makes_of_a_suggestion(shown: str, truth: str, expected: Judgement) -> None:
    assert judge(shown, truth) == expected


def test_what_is_taken_leads_past_later_questions() -> None:
    def row(before: str, truth: str, shown: str, line: int = 0) -> dict[str, object]:
        place = {"repository": "a/b", "commit": "c", "line": line}
        return {**place, "before": before, "truth": truth, "shown": shown}

    asked = [
        row("", "first + second", "first"),
        row("fir", "st + second", "st + second"),
        row("first + ", "second", "third"),
        row("", "done()", "", line=1),
    ]
    (tally,) = simulated(asked, lambda one: str(one["shown"]))["a/b"].values()
    assert (tally.lines, tally.asked, tally.shown, tally.wrong) == (2, 3, 2, 1)
    assert (tally.saved, tally.characters) == (4, len("first + second") + 1 + len("done()") + 1)


def test_what_is_typed_along_stays_and_is_read_once() -> None:
    def row(before: str, truth: str, shown: str) -> dict[str, object]:
        place = {"repository": "a/b", "commit": "c", "line": 0}
        return {**place, "before": before, "truth": truth, "shown": shown}

    asked = [
        row("", "a(b).c", "a(b, d)"),  # begins right, and saves too little to be taken
        row("a(", "b).c", "other"),
        row("a(b", ").c", ""),  # its rest is on the screen, and something else is typed
        row("a(b).", "c", "c"),
    ]
    (tally,) = simulated(asked, lambda one: str(one["shown"]))["a/b"].values()
    assert (tally.shown, tally.wrong, tally.again, tally.wrong_again) == (4, 1, 2, 1)
    assert tally.wrong_percent == 0
    assert tally.net_seconds == pytest.approx(2 * -0.4)
    assert tally.net_seconds_each_pause == pytest.approx(4 * -0.4 - 0.3)


def test_repositories_are_drawn_and_not_commits_alone() -> None:
    def mean(drawn: list[float]) -> float:
        return sum(drawn) / len(drawn)

    alike = [[0.0] * 20, [1.0] * 20]
    low, high = interval(alike, mean)
    assert (low, high) == (0.0, 1.0)
    low, high = interval([[0.0, 1.0] * 20], mean)
    assert 0.3 < low < 0.5 < high < 0.7


@pytest.mark.parametrize(
    ("hint", "expected"),
    [("x", False), ("  ", True), ("\nb = 2", True), ("1\nb = 2", False), ("b = 2", True)],
)
def test_llama_vim_discards_what_stands_there(hint: str, expected: bool) -> None:
    before = "" if hint == "b = 2" else "a = "
    assert _repeats(hint, before, "\nb = 2\nc = 3\n") is expected


def test_hunks_say_where_lines_go() -> None:
    diff = "@@ -3,2 +3 @@ def f():\n-a\n-b\n+c\n@@ -9,0 +8,2 @@\n+d\n+e\n"
    assert list(hunks_of(diff)) == [(2, 2, ("c",)), (9, 0, ("d", "e"))]


def test_pauses_are_within_the_line_and_seeded() -> None:
    line = "    total = first.area(second)"
    found = pauses(line, random.Random(1))
    assert found == pauses(line, random.Random(1)) == sorted(set(found))
    assert {4, 7, 12, 18, 23} <= set(found) and max(found) < len(line)
    assert pauses("", random.Random(1)) == []


def test_flooding_and_silence_both_cost_in_net_seconds() -> None:
    assert Tally().net_seconds == 0
    assert Tally(shown=10, wrong=10).net_seconds == pytest.approx(-7)
    assert Tally(shown=1, saved=10).net_seconds == pytest.approx(1.4)
    assert Tally(shown=3, saved=10, again=2).net_seconds == pytest.approx(1.4)


def test_the_fit_recovers_what_made_the_data() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 2))
    p = 1 / (1 + np.exp(-(2 * x[:, 0] - x[:, 1] - 1)))
    y = (rng.random(4000) < p).astype(float)
    w = fit(x, y)
    assert w == pytest.approx([2, -1, -1], abs=0.2)
    for part in calibration(predict(w, x), y):
        assert part["promised"] == pytest.approx(part["right"], abs=0.07)


def test_promises_are_bent_to_what_was_so_where_others_promised_it() -> None:
    """What is so in truth has another shape than weights can say: here, it is never sure."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6000, 1)) * 1.5
    y = (rng.random(6000) < 0.2 + 0.75 / (1 + np.exp(2 - 4 * x[:, 0]))) * 1.0
    groups = np.array([*"abcd", ""] * 1200)
    *weights, bias = fit(x, y)

    def off(bends: tuple[float, ...]) -> float:
        model = Logistic({"x": weights[0]}, bias, bends)
        bins = calibration(np.array([model.probability({"x": one}) for one in x[:, 0]]), y)
        return sum(abs(one["promised"] - one["right"]) for one in bins) / len(bins)

    assert off(tuple(bend(x, y, groups))) < 0.03 < 0.06 < off(())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("assert 1 + 1 == 2", True),
        ("assert 1 + 1 == 3", False),
        ("while True: pass", False),
        ("x = bytearray(2**33)", False),
        ("import socket; socket.socket().connect(('127.0.0.1', 9))", False),
        ("import subprocess; subprocess.run(['true'], check=True)", False),
        ("open('left-behind', 'w')", False),
    ],
)
def test_programs_of_a_model_run_apart_from_everything(program: str, expected: bool) -> None:
    from benchmarks.humaneval_infilling import passes

    assert passes(program) is expected


def test_a_part_of_the_commits_has_some_of_every_repository() -> None:
    chosen = [Change(one[0], one, "a.py", "", ()) for one in ("a1", "a2", "b1", "c1", "c2")]
    assert [one.commit for one in newest_of_each(chosen, 1)] == ["a1", "b1", "c1"]
    assert [one.commit for one in newest_of_each(chosen, 2)] == ["a1", "b1", "c1", "a2", "c2"]


def test_who_replayed_less_is_compared_on_the_same_commits(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    with kept.open("w", encoding="utf-8") as file:
        for who, commit, saved in ((FIRST, "a1", 10), (FIRST, "b1", 100), (WORDS, "a1", 0)):
            tally = {"lines": 1, "saved": saved, "again": 0}
            print(
                json.dumps(
                    {"contestant": who, "commit": commit, "tally": tally, "latencies_ms": [1.0]}
                ),
                file=file,
            )
    chosen = [Change(one[0], one, "a.py", "", ()) for one in ("a1", "b1")]
    ours, words = rows(chosen, Kept(kept, None, tmp_path))
    assert (ours["contestant"], ours["commits"], ours["saved"]) == (FIRST, 2, 110)
    assert (words["contestant"], words["commits"]) == (WORDS, 1)
    assert words["ours_ahead_s"] == pytest.approx(100 * 10 * SECONDS_A_KEY)


def test_a_hidden_token_that_is_missing_is_an_error() -> None:
    assert n_errors('assert "-c"\nno: t\n', "python") == 0
    assert n_errors('assert "-c" no: t\n', "python") == 1


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("f(a[0])\n", "python", 0),
        ("f(a))\n", "python", 1),
        ("x = `${a} ${f(b)}`;\n", "javascript", 0),
        ("x = /[)]/;\n", "javascript", 0),
        ("[[nodiscard]] int a();\n", "cpp", 0),
    ],
)
def test_closers_that_close_nothing_are_counted(text: str, language: str, count: int) -> None:
    assert n_unopened(text, language) == count
    assert (n_errors(text, language) > 0) == (count > 0)
