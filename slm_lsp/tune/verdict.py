"""Whether tuning helped: the same questions before and after, and how sure the difference is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

N_RESAMPLED = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and how the model did."""

    path: str
    offset: int
    exact: bool
    similarity: float


@dataclass(frozen=True, slots=True)
class Measure:
    """A mean before and after, and the 95 % interval of its gain."""

    before: float
    after: float
    gain: float
    low: float
    high: float

    @property
    def is_gain(self) -> bool:
        return self.low > 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What tuning changed, on files that were held out."""

    n_cases: int
    n_files: int
    exact: Measure
    similarity: Measure

    @property
    def helps(self) -> bool:
        """More lines are completed exactly, and chance does not explain it."""
        return self.exact.is_gain

    def as_json(self) -> dict[str, object]:
        return {"helps": self.helps, **asdict(self)}


def judge(before: Sequence[Asked], after: Sequence[Asked], seed: int = 0) -> Verdict:
    """Compare answers to the same questions in the same order."""
    if [(a.path, a.offset) for a in before] != [(a.path, a.offset) for a in after]:
        raise ValueError("before and after are answers to different questions")
    paths = [one.path for one in before]
    return Verdict(
        len(before),
        len(set(paths)),
        measure(paths, [a.exact for a in before], [a.exact for a in after], seed),
        measure(paths, [a.similarity for a in before], [a.similarity for a in after], seed),
    )


def measure(
    paths: Sequence[str], before: Sequence[float], after: Sequence[float], seed: int
) -> Measure:
    """The paired bootstrap draws whole files: lines of one file are right or wrong together."""
    names, file_of = np.unique(np.asarray(paths), return_inverse=True)
    difference = np.asarray(after, float) - np.asarray(before, float)
    sums = np.bincount(file_of, difference, len(names))
    counts = np.bincount(file_of, minlength=len(names))
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(names), (N_RESAMPLED, len(names)))
    gains = sums[picks].sum(1) / counts[picks].sum(1)
    gain = difference.mean()
    low, high = gain + widening(len(names)) * (np.quantile(gains, [0.025, 0.975]) - gain)
    return Measure(
        float(np.mean(before)), float(np.mean(after)), float(gain), float(low), float(high)
    )


def widening(n: int) -> float:
    """What the interval of a bootstrap over `n` files lacks, as it lacks for a mean of `n` numbers.

    Drawn from few, the spread is too small by √((n-1)/n), and Student's distribution is wider
    than the normal one; its quantile by the expansion of Cornish and Fisher.
    """
    z, freedom = 1.96, max(1, n - 1)
    student = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return (n / freedom) ** 0.5 * student / z
