"""The yardsticks of the benchmarks: what counts as right, and programs that are run apart."""

import random

import numpy as np
import pytest

from benchmarks.replay import Tally, _hunks, pauses
from benchmarks.show_hide import calibration, fit, is_right, predict, useful


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


def test_a_short_rest_of_a_line_is_right_and_a_short_beginning_is_not() -> None:
    assert is_right("x)", "x)\nmore")
    assert not is_right("x + y", "x * y * z")
    assert is_right("first * y", "first + y")
    assert not is_right("", "first")


def test_hunks_say_where_lines_go() -> None:
    diff = "@@ -3,2 +3 @@ def f():\n-a\n-b\n+c\n@@ -9,0 +8,2 @@\n+d\n+e\n"
    assert list(_hunks(diff)) == [(2, 2, ("c",)), (9, 0, ("d", "e"))]


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


def test_the_fit_recovers_what_made_the_data() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 2))
    p = 1 / (1 + np.exp(-(2 * x[:, 0] - x[:, 1] - 1)))
    y = (rng.random(4000) < p).astype(float)
    w = fit(x, y)
    assert w == pytest.approx([2, -1, -1], abs=0.2)
    for part in calibration(predict(w, x), y):
        assert part["promised"] == pytest.approx(part["right"], abs=0.07)


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
