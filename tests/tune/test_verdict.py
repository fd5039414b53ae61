"""When a difference counts."""

import random

import pytest

from slm_lsp.tune.verdict import Asked, judge, measure


def answers(hits: list[bool], per_file: int = 5) -> list[Asked]:
    return [Asked(f"{n // per_file}.py", n, hit, float(hit)) for n, hit in enumerate(hits)]


def test_a_clear_gain_counts() -> None:
    before = answers([n % 10 == 0 for n in range(200)])
    after = answers([n % 3 == 0 or n % 10 == 0 for n in range(200)])
    verdict = judge(before, after)
    assert verdict.helps and verdict.exact.low > 0.1
    assert verdict.exact.gain == pytest.approx(verdict.exact.after - verdict.exact.before)


@pytest.mark.parametrize("n_files", [5, 20])
def test_chance_does_not_count(n_files: int) -> None:
    """Of models that are equally good, one in forty may seem better; a few more by bad luck."""
    rng = random.Random(n_files)

    def hits() -> list[float]:
        return [float(rng.random() < 0.2) for _ in range(6 * n_files)]

    paths = [f"{n // 6}.py" for n in range(6 * n_files)]
    n_wrong = sum(measure(paths, hits(), hits(), seed).is_gain for seed in range(200))
    assert n_wrong <= 11


def test_a_loss_and_no_change_are_no_gain() -> None:
    same = answers([n % 4 == 0 for n in range(100)])
    assert not judge(same, same).helps
    assert not judge(same, answers([False] * 100)).helps


def test_one_file_is_one_observation() -> None:
    """Forty lines of a single file that became right say less than one in each of forty."""
    before = answers([False] * 400, per_file=40)
    one_file = judge(before, answers([n < 40 for n in range(400)], per_file=40))
    spread = judge(before, answers([n % 10 == 0 for n in range(400)], per_file=40))
    assert one_file.exact.gain == spread.exact.gain == pytest.approx(0.1)
    assert not one_file.helps and spread.helps


def test_other_questions_are_not_compared() -> None:
    with pytest.raises(ValueError, match="different questions"):
        judge(answers([True] * 10), answers([True] * 10, per_file=2))
