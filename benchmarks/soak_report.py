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
# By how much the last part may be slower than the first, and memory more.
SLOWER, MORE_MEMORY = 0.10, 0.05
MEMORY, DESCRIPTORS = ("server_mib", "worker_mib"), ("server_fds", "worker_fds")


class Key(NamedTuple):
    """How long the answer to a key took, and how long each process computed in that time."""

    at_s: float
    place: tuple[int, int]  # the file's number in its lap, the key's in the file
    ms: float
    server_ms: float
    worker_ms: float

    @property
    def cpu_ms(self) -> float:
        return self.server_ms + self.worker_ms


# The same key at first and at last.
Pairs = list[tuple[Key, Key]]


class Reference(NamedTuple):
    """How long a fixed piece of Python took, and how long it computed."""

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
    p95_cpu_ms: float
    reference_p50_ms: float
    reference_p95_ms: float
    reference_cpu_ms: float
    load: float


@dataclass(frozen=True)
class Soak:
    """All that was seen of one."""

    typing_s: float
    warm_up: str
    samples: list[Sample]
    keys: list[Key]
    references: list[Reference]

    @property
    def part_s(self) -> float:
        """The first ten minutes are compared with the last; of a short run, the thirds."""
        return part_s(self.typing_s)

    def pairs(self) -> Pairs:
        """The keys that were typed in the first part and again in the last one."""
        first = {key.place: key for key in self.keys if key.at_s <= self.part_s}
        again = self.typing_s - self.part_s
        return [
            (first[key.place], key) for key in self.keys if key.at_s > again and key.place in first
        ]


def part_s(typing_s: float) -> float:
    return min(PART_S, typing_s / 3)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which so many percent of them lie; nothing of nothing is 0."""
    ranked = sorted(values)
    return ranked[int(percent / 100 * (len(ranked) - 1))] if ranked else 0.0


def verdict(soak: Soak) -> Iterator[str]:
    """The last ten minutes, or the last third of a short run, beside the first."""
    first, last = _parts(soak)
    yield soak.warm_up
    minutes, part = last[-1].seconds / 60, soak.part_s / 60
    yield f"{minutes:.0f} minutes after it; the first {part:.1f} → the last"
    for name in MEMORY:
        yield _change(name, *_memory(soak, name))
    for name in (*DESCRIPTORS, "restarts"):
        yield f"{name}: {getattr(first[0], name)} → {getattr(last[-1], name)}"
    yield from _latencies(soak)
    yield _change("load average", *(median(one.load for one in some) for some in (first, last)))
    yield f"{last[-1].requests} questions, {last[-1].shown} suggestions shown"
    yield "; ".join(beyond(soak)) or "within the limits"


def beyond(soak: Soak) -> Iterator[str]:
    """What was more than it may be."""
    first, last = _parts(soak)
    for name in MEMORY:
        before, after = _memory(soak, name)
        if after > before * (1 + MORE_MEMORY):
            yield f"{name} is more by more than {MORE_MEMORY:.0%}"
    for name in DESCRIPTORS:
        if min(getattr(one, name) for one in last) > max(getattr(one, name) for one in first):
            yield f"{name} grew"
    pairs = soak.pairs()
    if not pairs:
        yield "it ended before anything was typed again"
    elif _slower(soak, pairs, "cpu_ms", 95) > SLOWER:
        yield f"p95 of what is computed for a key is more by more than {SLOWER:.0%}"


def _parts(soak: Soak) -> tuple[list[Sample], list[Sample]]:
    samples, end = soak.samples, soak.samples[-1].seconds
    first = [one for one in samples if one.seconds <= soak.part_s]
    last = [one for one in samples if one.seconds >= end - soak.part_s]
    return first or samples[:1], last


def _memory(soak: Soak, name: str) -> list[float]:
    return [median(getattr(one, name) for one in some) for some in _parts(soak)]


def _latencies(soak: Soak) -> Iterator[str]:
    """The same keys, at first and at last, and what a fixed piece of Python did meanwhile."""
    pairs = soak.pairs()
    if not pairs:
        return
    yield f"the same {len(pairs)} keys, typed in the first part and again in the last:"
    for kind, what in (("ms", "from question to answer"), ("cpu_ms", "computed")):
        yield _change(f"fixed Python, median_{kind}", *_fixed(soak, pairs, kind))
        for percent in (50, 95):
            told = _change(f"{what}, p{percent}_{kind}", *_took(pairs, kind, percent))
            yield f"{told}, beside fixed Python {_slower(soak, pairs, kind, percent):+.1%}"
    for name in ("server_ms", "worker_ms"):
        took = [sum(getattr(one, name) for one in keys) for keys in zip(*pairs, strict=True)]
        yield _change(f"computed a key, mean {name}", *(ms / len(pairs) for ms in took))
    ratios = [again.cpu_ms / max(once.cpu_ms, 1e-3) for once, again in pairs]
    yield f"computed the second time by the first, median of all keys: {median(ratios):.3f}"


def _took(pairs: Pairs, kind: str, percent: float) -> list[float]:
    """A percentile at first and at last."""
    return [
        percentile([getattr(one, kind) for one in keys], percent)
        for keys in zip(*pairs, strict=True)
    ]


def _fixed(soak: Soak, pairs: Pairs, kind: str) -> list[float]:
    """The median of the fixed piece of Python while they were typed, at first and at last."""
    spans = [(keys[0].at_s, keys[-1].at_s) for keys in zip(*pairs, strict=True)]
    return [
        median(getattr(one, kind) for one in soak.references if a <= one.at_s <= b)
        for a, b in spans
    ]


def _slower(soak: Soak, pairs: Pairs, kind: str, percent: float) -> float:
    """By how much a percentile is more at last, by the measure of the fixed piece of Python."""
    took, fixed = _took(pairs, kind, percent), _fixed(soak, pairs, kind)
    return took[1] / took[0] * fixed[0] / fixed[1] - 1


def _change(name: str, before: float, after: float) -> str:
    change = f" ({after / before - 1:+.1%})" if before else ""
    return f"{name}: {before:.2f} → {after:.2f}{change}"


def write(soak: Soak, told: list[str]) -> None:
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / "soak.csv").open("w", newline="") as file:
        file.writelines(f"# {line}\n" for line in (machine(), *told))
        writer = csv.DictWriter(file, [field.name for field in fields(Sample)])
        writer.writeheader()
        writer.writerows(asdict(one) for one in soak.samples)
    draw(soak.samples)


def draw(samples: list[Sample]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    minutes = [one.seconds / 60 for one in samples]
    figure, axes = pyplot.subplots(5, 1, figsize=(8, 12), sharex=True)
    memory, descriptors, latency, computed, load = axes
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
    latency.plot(minutes, [one.reference_p95_ms for one in samples], ":", label="fixed Python, p95")
    latency.set_ylabel("question to answer, ms")
    computed.plot(minutes, [one.p95_cpu_ms for one in samples], label="p95, both processes")
    reference = [one.reference_cpu_ms for one in samples]
    computed.plot(minutes, reference, ":", label="fixed Python, median")
    computed.set_ylabel("computed a key, ms")
    load.plot(minutes, [one.load for one in samples], label="of the whole machine")
    load.set_ylabel("load average")
    load.set_xlabel("minutes of typing")
    for axis in axes:
        axis.set_ylim(bottom=0)
        axis.legend(frameon=False)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(RESULTS / "soak.png", dpi=110)
