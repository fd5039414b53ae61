"""A typing run as numbers, as CSV and as a picture."""

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import machine

if TYPE_CHECKING:
    from benchmarks.typing import Run

RESULTS = Path(__file__).parent / "results"
ALL_PACES = 0.0
WAITING = math.inf  # as long a pace as the answer takes
COMPARED = {
    "p50": "p50_ms",
    "p95": "p95_ms",
    "asked p50": "asked_p50_ms",
    "asked p95": "asked_p95_ms",
    "CPU": "cpu_s_per_1000",
}


def row(run: "Run") -> dict[str, Any]:
    effort, n_keys = run.effort, max(1, run.n_keys)
    n_prompt, n_evaluated = effort["prompt_tokens"], effort["evaluated_tokens"]
    return {
        "contestant": run.contestant,
        "pace_ms": f"{run.pace_ms:.0f}" if run.pace_ms != ALL_PACES else "all",
        "keys": run.n_keys,
        "answered": _share(run.n_answered, n_keys),
        "shown": _share(run.n_shown, n_keys),
        "p50_ms": f"{rank(run.waits_ms, 0.5):.1f}",
        "p95_ms": f"{rank(run.waits_ms, 0.95):.1f}",
        "p99_ms": f"{rank(run.waits_ms, 0.99):.1f}",
        "asked_p50_ms": f"{rank(run.asked_ms, 0.5):.1f}",
        "asked_p95_ms": f"{rank(run.asked_ms, 0.95):.1f}",
        "without_model": _share(effort["known"], n_keys),
        "evaluated_p50": f"{rank(run.evaluated, 0.5):.0f}",
        "evaluated_p90": f"{rank(run.evaluated, 0.9):.0f}",
        "evaluated_mean": f"{n_evaluated / n_keys:.1f}",
        "reuse": _share(n_prompt - n_evaluated, n_prompt),
        "stale": _share(effort["stale"], effort["questions"]),
        "cpu_s_per_1000": f"{1000 * run.cpu_s / n_keys:.2f}",
        "peak_mib": f"{run.peak_mib:.0f}",
        "strangers": f"{run.strangers_s / max(1e-9, run.wall_s):.2f}",
    }


def show(runs: "Sequence[Run]") -> None:
    rows = [row(run) for run in runs]
    widths = {name: max(len(name), *(len(str(one[name])) for one in rows)) for name in rows[0]}
    for line in ({name: name for name in widths}, *rows):
        print("  ".join(str(line[name]).ljust(width) for name, width in widths.items()))


def compared(runs: "Sequence[Run]") -> Iterator[str]:
    """The first contestant's figures as a share of everybody else's at the same pace."""
    first = runs[0].contestant
    for run in runs:
        own = next(one for one in runs if (one.contestant, one.pace_ms) == (first, run.pace_ms))
        if run is own:
            continue
        shares = (
            f"{name} {float(row(own)[column]) / max(1e-9, float(row(run)[column])):.2f}"
            for name, column in COMPARED.items()
        )
        pace = row(run)["pace_ms"]
        yield f"{first} to {run.contestant}, {pace} ms a key: {', '.join(shares)}"


def write(runs: "Sequence[Run]", name: str, model: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{name}.csv").open("w", newline="") as file:
        file.write(f"# {machine()}; {model}\n")
        writer = csv.DictWriter(file, list(row(runs[0])))
        writer.writeheader()
        writer.writerows(row(run) for run in runs)


def draw(runs: "Sequence[Run]", name: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import NullFormatter

    paces = sorted({run.pace_ms for run in runs} - {ALL_PACES, WAITING})
    if not paces:
        return
    figure, axes = pyplot.subplots(2, len(paces), figsize=(4 * len(paces), 6.4), squeeze=False)
    for column, pace in enumerate(paces):
        latency, tokens = axes[0][column], axes[1][column]
        for run in runs:
            if run.pace_ms != pace:
                continue
            _distribution(latency, run.waits_ms, run.contestant)
            _distribution(tokens, [max(0.5, n) for n in run.evaluated], run.contestant)
        latency.set_title(f"{pace:.0f} ms a key", fontsize=10)
        latency.set_xlabel("key to answer, ms")
        tokens.set_xlabel("prompt tokens evaluated at a key")
        for one in (latency, tokens):
            one.set_xscale("log")
            # Within one decade, labels between the powers of ten run into each other.
            one.xaxis.set_minor_formatter(NullFormatter())
            one.set_ylim(0, 1.02)
            one.grid(alpha=0.3)
    axes[0][0].set_ylabel("share of all keys")
    axes[1][0].set_ylabel("share of all keys")
    axes[0][0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(RESULTS / f"{name}.png", dpi=110)


def _distribution(axes: Any, values: Sequence[float], label: str) -> None:
    ranked = sorted(values)
    axes.step(ranked, [(n + 1) / len(ranked) for n in range(len(ranked))], label=label)


def rank(values: Sequence[float], share: float) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else float("nan")


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.3f}" if whole else "nan"
