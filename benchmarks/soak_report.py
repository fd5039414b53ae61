"""What a soak showed: a verdict in lines, a table and a plot."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.machine import machine

RESULTS = Path(__file__).parent / "results"
PART_S = 600.0


class Timing(NamedTuple):
    """How long something took, and how long it was computed, at a time since the first key."""

    at_s: float
    ms: float
    cpu_ms: float


@dataclass(frozen=True)
class Sample:
    """What ten seconds were like; CPU seconds, questions and restarts count from the start."""

    seconds: float
    server_mib: float
    worker_mib: float
    server_fds: int
    worker_fds: int
    server_cpu_s: float
    worker_cpu_s: float
    restarts: int
    requests: int
    shown: int
    p50_ms: float
    p95_ms: float
    reference_p50_ms: float
    reference_p95_ms: float
    load: float


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which so many percent of them lie; nothing of nothing is 0."""
    ranked = sorted(values)
    return ranked[int(percent / 100 * (len(ranked) - 1))] if ranked else 0.0


def verdict(
    samples: list[Sample],
    answers: list[Timing],
    probes: list[Timing],
    references: list[Timing],
) -> Iterator[str]:
    """The last ten minutes, or the last third of a short run, beside the first."""
    end = samples[-1].seconds
    part = min(PART_S, end / 3)
    spans = ((0.0, part), (end - part, end))
    first, last = ([one for one in samples if a <= one.seconds <= b] for a, b in spans)
    first, last = first or samples[:1], last or samples[-1:]
    yield f"{end / 60:.0f} minutes after the warm-up; the first {part / 60:.1f} → the last"
    for name in ("server_mib", "worker_mib"):
        yield _change(name, *(median(getattr(one, name) for one in some) for some in (first, last)))
    for name in ("server_fds", "worker_fds", "restarts"):
        yield f"{name}: {getattr(first[0], name)} → {getattr(last[-1], name)}"
    for name in ("server_cpu_s", "worker_cpu_s"):
        yield _change(
            f"{name[:-2]}_ms per question", *(_per_question(name, some) for some in (first, last))
        )
    for what, some in (("any text", answers), ("the same text", probes)):
        for percent in (50, 95):
            yield from _timings(what, percent, some, references, spans)
    yield _change("load average", *(median(one.load for one in some) for some in (first, last)))
    yield f"{samples[-1].requests} questions, {samples[-1].shown} suggestions shown"


def _timings(
    what: str,
    percent: int,
    some: list[Timing],
    references: list[Timing],
    spans: Sequence[tuple[float, float]],
) -> Iterator[str]:
    """How long it took and was computed, each also as a ratio to the fixed Python's median."""
    for kind in ("ms", "cpu_ms"):
        took, reference = (
            [
                percentile([getattr(x, kind) for x in timings if a <= x.at_s <= b], of)
                for a, b in spans
            ]
            for timings, of in ((some, percent), (references, 50))
        )
        yield _change(f"{what}, p{percent}_{kind}", *took)
        ratio = [ms / (of or 1) for ms, of in zip(took, reference, strict=True)]
        yield _change(f"{what}, p{percent}_{kind} as a ratio to fixed Python", *ratio)


def _change(name: str, before: float, after: float) -> str:
    change = f" ({after / before - 1:+.1%})" if before else ""
    return f"{name}: {before:.2f} → {after:.2f}{change}"


def _per_question(name: str, some: list[Sample]) -> float:
    n = some[-1].requests - some[0].requests
    return 1000 * (getattr(some[-1], name) - getattr(some[0], name)) / max(1, n)


def write(samples: list[Sample], told: list[str]) -> None:
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / "soak.csv").open("w", newline="") as file:
        file.writelines(f"# {line}\n" for line in (machine(), *told))
        writer = csv.DictWriter(file, [field.name for field in fields(Sample)])
        writer.writeheader()
        writer.writerows(asdict(one) for one in samples)
    draw(samples)


def draw(samples: list[Sample]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    minutes = [one.seconds / 60 for one in samples]
    figure, axes = pyplot.subplots(4, 1, figsize=(8, 10), sharex=True)
    memory, descriptors, latency, load = axes
    for kind, axis in (("mib", memory), ("fds", descriptors)):
        for process in ("server", "worker"):
            axis.plot(
                minutes, [getattr(one, f"{process}_{kind}") for one in samples], label=process
            )
    memory.set_ylabel("own memory, MiB")
    descriptors.plot(minutes, [one.restarts for one in samples], ":", label="worker restarts")
    descriptors.set_ylabel("descriptors, restarts")
    for name, label in (("p50_ms", "median"), ("p95_ms", "p95")):
        latency.plot(minutes, [getattr(one, name) for one in samples], label=label)
    reference = [one.reference_p95_ms for one in samples]
    latency.plot(minutes, reference, ":", label="p95 of a fixed piece of Python")
    latency.set_ylabel("question to answer, ms")
    load.plot(minutes, [one.load for one in samples], label="of the whole machine")
    load.set_ylabel("load average")
    load.set_xlabel("minutes of typing")
    for axis in axes:
        axis.set_ylim(bottom=0)
        axis.legend(frameon=False)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(RESULTS / "soak.png", dpi=110)
