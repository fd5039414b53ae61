"""Does a check ever delay a key? The same typing with diagnostics on and off, in turns.

    python -m benchmarks.typing_diagnostics --write

Two hands type the same: one that never stops, as in `benchmarks.typing`, and one that rests every
dozen keys for as long as a document needs to settle, and a little more, so that its next key falls
into the check. That is the worst that typing can do; between such rests nothing is checked at all.
"""

import argparse
import asyncio
import csv
import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from benchmarks.contestants import Ours
from benchmarks.machine import machine
from benchmarks.traces import Session, sessions
from benchmarks.typing import Run, play
from benchmarks.typing_report import rank
from slm_lsp.diagnostics.engine import SETTLE_S

RESULTS = Path(__file__).with_name("results") / "typing_diagnostics.csv"
PACE_MS = 150.0
KEYS_BETWEEN_RESTS = 12
# Of one file, so that the result is of several.
KEYS_OF_A_FILE = 50
# The check begins when the document has settled; most last less than this.
INTO_THE_CHECK_S = 0.06
MANY_KEYS = 100_000
N_RESAMPLED = 2_000
Pairs = list[tuple[Run, Run]]  # of each file: diagnostics on, and off


def contestants(home: Path, root: Path) -> tuple[Ours, Ours]:
    """Our server with diagnostics on, hints too, and off."""
    on, off = (
        Ours(name, None, home / name, root, {"diagnostics": {"enabled": is_on, "hints": is_on}})
        for name, is_on in (("on", True), ("off", False))
    )
    return on, off


def with_rests(session: Session, rng: random.Random) -> Session:
    """The session with rests that end during the check."""
    keys = list(session.keys)
    for n in range(KEYS_BETWEEN_RESTS, len(keys), KEYS_BETWEEN_RESTS):
        rest_s = SETTLE_S + rng.uniform(0.0, INTO_THE_CHECK_S)
        keys[n] = replace(keys[n], pause=rest_s * 1000 / PACE_MS)
    return Session(f"resting-{session.name}", session.text, tuple(keys))


async def compare(both: tuple[Ours, Ours], traces: list[Session]) -> Pairs:
    """Each session played to both, the one or the other first; the first session warms up."""
    pairs: Pairs = []
    for one in both:
        await one.start()
    try:
        for n, session in enumerate(traces):
            runs = {one.name: Run(one.name, PACE_MS) for one in both}
            for one in both if n % 2 else both[::-1]:
                await play(one, session, runs[one.name])
            if n:
                pairs.append((runs["on"], runs["off"]))
    finally:
        for one in both:
            await one.stop()
    return pairs


def ratio(pairs: Sequence[tuple[Run, Run]], share: float) -> tuple[float, float, float]:
    """A rank of the waits in ms with diagnostics on, and off, and how they compare."""
    on, off = ([wait for pair in pairs for wait in pair[side].waits_ms] for side in (0, 1))
    a, b = rank(on, share), rank(off, share)
    return a, b, a / b


def interval(pairs: Pairs, share: float) -> tuple[float, float]:
    """95 % of the ratios that other files would give."""
    rng = random.Random(1)
    drawn = (rng.choices(pairs, k=len(pairs)) for _ in range(N_RESAMPLED))
    ratios = sorted(ratio(one, share)[2] for one in drawn)
    return ratios[int(0.025 * N_RESAMPLED)], ratios[int(0.975 * N_RESAMPLED)]


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--repository", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--glob", default="*.py")
    parser.add_argument("--files", type=int, default=6, help="that each hand types in")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="record the result")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    found = sessions(asked.repository, asked.glob, MANY_KEYS, asked.seed)
    plain = [
        Session(one.name, one.text, one.keys[:KEYS_OF_A_FILE])
        for one in islice(found, asked.files + 1)
    ]
    rows: list[list[object]] = [
        ["hand", "measure", "on", "off", "on / off", "low", "high", "machine"]
    ]
    for hand, traces in (
        ("typing on", plain),
        ("resting", [with_rests(one, rng) for one in plain]),
    ):
        with tempfile.TemporaryDirectory() as home:
            pairs = asyncio.run(compare(contestants(Path(home), asked.repository), traces))
        for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)):
            a, b, quotient = ratio(pairs, share)
            numbers = [f"{one:.3f}" for one in (quotient, *interval(pairs, share))]
            rows.append([hand, name, f"{a:.1f}", f"{b:.1f}", *numbers, machine()])
        cpu = [sum(pair[side].cpu_s for pair in pairs) for side in (0, 1)]
        rows.append([hand, "cpu_s", f"{cpu[0]:.2f}", f"{cpu[1]:.2f}", f"{cpu[0] / cpu[1]:.3f}"])
        keys = [sum(pair[side].n_keys for pair in pairs) for side in (0, 1)]
        rows.append([hand, "keys", *keys])
    for row in rows:
        print("  ".join(map(str, row[:7])))
    if asked.write:
        with RESULTS.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)


if __name__ == "__main__":
    main()
