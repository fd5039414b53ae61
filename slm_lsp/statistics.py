"""Counters and latencies of one session. Numbers only: nothing of what was typed or suggested."""

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

# Enough for a stable 99th percentile, and little enough to sort whenever somebody asks.
N_LATENCIES = 2000


@dataclass(slots=True)
class Counters:
    """How often what happened since the server started."""

    requests: int = 0
    superseded: int = 0
    cancelled: int = 0
    skipped: int = 0
    hidden: int = 0  # not shown, because probably wrong
    cache_hits: int = 0
    typed_through: int = 0
    copied: int = 0  # suggested from the file, without asking the model
    shown: int = 0
    accepted: int = 0
    prompt_tokens: int = 0
    prompt_tokens_evaluated: int = 0
    predicted_tokens: int = 0


@dataclass(slots=True)
class Statistics:
    """What `slm.status` counts and measures."""

    counters: Counters = field(default_factory=Counters)
    # Of requests that were answered with a suggestion, the last N_LATENCIES of them.
    latencies_ms: deque[float] = field(default_factory=lambda: deque[float](maxlen=N_LATENCIES))

    # By what promised probabilities are multiplied in a language, from what was taken before.
    trust: Callable[[str | None], float] = lambda language: 1.0

    def as_json(self) -> dict[str, object]:
        return {"counters": asdict(self.counters), "latency_ms": self.percentiles()}

    def percentiles(self) -> dict[str, float | int | None]:
        ranked = sorted(self.latencies_ms)
        named = {f"p{p}": percentile(ranked, p) for p in (50, 95, 99)}
        return {**named, "n": len(ranked)}


def percentile(ranked: list[float], p: int) -> float | None:
    """The smallest value that at least `p` percent of the ranked ones do not exceed."""
    if not ranked:
        return None
    n_below = -(-len(ranked) * p // 100)  # rounded up
    return round(ranked[max(0, n_below - 1)], 2)
