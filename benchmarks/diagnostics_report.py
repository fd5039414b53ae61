"""Counts by repository as CSV; rates with intervals that hold for other repositories; the curve."""

import csv
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.tables import renew_table

RESULTS = Path(__file__).with_name("results")
COUNTS = RESULTS / "diagnostics.csv"
RATIOS = RESULTS / "diagnostics_ratios.csv"
SUMMARY = RESULTS / "diagnostics_summary.csv"
CURVE = RESULTS / "diagnostics_curve.svg"
# Of these, all counts are taken again together.
KEY = ("benchmark", "label", "repository", "language", "rule")
# A few of the repositories stand for all: resampled so many times.
N_RESAMPLED = 2_000
# Behind the label of counts whose suspicions the model was not asked about.
STRUCTURE_ONLY = ", structure only"
THRESHOLDS = (None, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)

Count = tuple[float, float]  # of one repository: how often, of how many


@dataclass(frozen=True, slots=True)
class Row:
    """Counts of one repository; `of` is lines for clean code and cases for bugs."""

    repository: str
    language: str
    rule: str
    of: int
    counts: dict[str, int]


def save(benchmark: str, label: str, rows: Sequence[Row]) -> None:
    """Add counts to the results, in place of earlier ones of the same."""
    counted = [
        {
            "benchmark": benchmark,
            "label": label,
            "machine": machine(),
            "repository": row.repository,
            "language": row.language,
            "rule": row.rule,
            "of": row.of,
            "count": count,
            "value": value,
        }
        for row in rows
        for count, value in (row.counts or {"found": 0}).items()
    ]
    if counted:
        renew_table(COUNTS, counted, KEY)


def report() -> None:
    """Print the rates, keep them in the summary, and draw the curve."""
    with COUNTS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = [
        ["benchmark", "label", "language", "rule", "measure", "of", "n", "low", "rate", "high"]
    ]
    for benchmark, measures in MEASURES.items():
        groups: defaultdict[tuple[str, str, str], list[dict[str, str]]] = defaultdict(list)
        for row in rows:
            if row["benchmark"] == benchmark:
                for rule in (row["rule"], *(("all",) if benchmark != "clean" else ())):
                    label = row["label"].removesuffix(STRUCTURE_ONLY)
                    groups[label, row["language"], rule].append(row)
        for (label, language, rule), group in sorted(groups.items()):
            for measure in measures:
                counts = _counts(group, measure)
                of = sum(n for _, n in counts)
                n = sum(k for k, _ in counts)
                scale = 1000 if benchmark == "clean" else 1
                low, high = interval(counts, scale)
                rates = [f"{one:.4f}" for one in (low, scale * n / of, high)]
                lines.append(
                    [benchmark, label, language, rule, measure, f"{of:.0f}", f"{n:.0f}", *rates]
                )
    with SUMMARY.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(lines)
    for line in lines:
        print("  ".join(line))
    if RATIOS.exists():
        _draw(_points(rows))


MEASURES = {
    "clean": ["alarms"],
    "seeded-syntax": ["line", "fix", "exact", "exact_2", "in_time", "fix_leaves_error"],
    "seeded-bugs": ["found", "exact"],
    "real": ["found", "found_as_hint"],
}


def interval(counts: Sequence[Count], scale: float = 1.0) -> tuple[float, float]:
    """95 % of the rates that other repositories of this kind would give (bootstrap by repository).

    Where nothing was counted, the upper end is the rule of three.
    """
    rng = random.Random(1)
    of = sum(n for _, n in counts)
    if not sum(k for k, _ in counts):
        return 0.0, min(scale * 3 / of, scale)
    rates: list[float] = []
    for _ in range(N_RESAMPLED):
        drawn = rng.choices(counts, k=len(counts))
        total = sum(n for _, n in drawn)
        rates.append(scale * sum(k for k, _ in drawn) / total if total else 0.0)
    rates.sort()
    return rates[int(0.025 * N_RESAMPLED)], rates[int(0.975 * N_RESAMPLED)]


def _counts(group: list[dict[str, str]], measure: str) -> list[Count]:
    of: dict[tuple[str, str], float] = {}
    found: defaultdict[str, float] = defaultdict(float)
    for row in group:
        of[row["repository"], row["rule"]] = float(row["of"])
        if row["count"] == measure:
            found[row["repository"]] += float(row["value"])
    totals: defaultdict[str, float] = defaultdict(float)
    for (repository, _), n in of.items():
        totals[repository] += n
    return [(found[repository], n) for repository, n in totals.items()]


Points = list[tuple[float, float]]  # (false alarms per 1,000 lines, recall)


def _points(rows: list[dict[str, str]]) -> dict[str, Points]:
    """Recall against false alarms as the model has to agree more and more."""
    with RATIOS.open(encoding="utf-8") as file:
        ratios = list(csv.DictReader(file))
    clean = [r for r in rows if r["benchmark"] == "clean" and r["language"] == "python"]
    python = [r for r in clean if not r["label"].endswith(STRUCTURE_ONLY)]
    lines = sum({(r["label"], r["repository"]): int(r["of"]) for r in python}.values())
    cases = {(r["repository"], r["rule"]): int(r["of"]) for r in rows if r["benchmark"] == "real"}
    seeded = {
        (r["repository"], r["rule"]): int(r["of"]) for r in rows if r["benchmark"] == "seeded-bugs"
    }
    found: dict[str, Points] = {}
    for rule in sorted({row["rule"] for row in ratios}):
        n_seeded = sum(n for (_, r), n in seeded.items() if r == rule)
        for name, benchmark, of in (
            (f"{rule}, seeded", "seeded-bugs", n_seeded),
            (f"{rule}, real", "real", sum(cases.values())),
        ):
            if of and lines:
                found[name] = [
                    (
                        1000 * _n(ratios, "clean", rule, least) / lines,
                        _n(ratios, benchmark, rule, least) / of,
                    )
                    for least in THRESHOLDS
                ]
    for name, points in found.items():
        print(name, "  ".join(f"{x:.4f}/{y:.3f}" for x, y in points))
    return found


def _n(ratios: list[dict[str, str]], benchmark: str, rule: str, least: float | None) -> int:
    """Suspicions with which the model agrees; None asks for the structure alone."""
    return sum(
        row["benchmark"] == benchmark
        and row["rule"] == rule
        and (least is None or (row["nats"] != "" and float(row["nats"]) >= least))
        for row in ratios
    )


def _draw(found: dict[str, Points]) -> None:
    import matplotlib.pyplot as plt

    plot: Callable[..., object] = plt.plot
    plt.figure(figsize=(8, 5))
    for name, points in found.items():
        plot([max(x, 0.0003) for x, _ in points], [y for _, y in points], "o-", label=name)
    plt.axvline(0.05, color="gray", linestyle="--")
    plt.xscale("log")
    plt.xlabel("false alarms per 1,000 lines of clean code (0 is drawn at 0.0003)")
    plt.ylabel("share of bugs found")
    plt.title("Rightmost: structure alone. To the left: the model must agree more and more.")
    plt.legend(fontsize=7)
    plt.tight_layout()
    plt.savefig(CURVE)
