"""Does a check ever delay a key? The same typing with diagnostics on and off, in turns.

    python -m benchmarks.typing_diagnostics --write

Every dozen keys the hand rests for as long as a document needs to settle, and a little more: the
next key falls into the check. That is the worst that typing can do; between such rests nothing is
checked at all. Both servers get the same keys, file by file.
"""

import argparse
import asyncio
import csv
import random
import tempfile
from dataclasses import replace
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
# The check begins when the document has settled; most last less than this.
INTO_THE_CHECK_S = 0.06


class Either(Ours):
    """Our server with diagnostics on or off."""

    def __init__(self, home: Path, root: Path, *, on: bool) -> None:
        super().__init__(None, home, root, context=True)
        self.name = "diagnostics on" if on else "diagnostics off"
        self._options["diagnostics"] = {"enabled": on, "hints": on}


def with_rests(session: Session, rng: random.Random) -> Session:
    """The session with rests that end during the check."""
    keys = list(session.keys)
    for n in range(KEYS_BETWEEN_RESTS, len(keys), KEYS_BETWEEN_RESTS):
        rest_s = SETTLE_S + rng.uniform(0.0, INTO_THE_CHECK_S)
        keys[n] = replace(keys[n], pause=rest_s * 1000 / PACE_MS)
    return Session(session.name, session.text, tuple(keys))


async def compare(contestants: list[Either], traces: list[Session]) -> list[Run]:
    runs = [Run(one.name, PACE_MS) for one in contestants]
    for contestant in contestants:
        await contestant.start()
    try:
        for session in traces:
            for contestant, run in zip(contestants, runs, strict=True):
                await play(contestant, session, run)
    finally:
        for contestant in contestants:
            await contestant.stop()
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repository", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--glob", default="*.py")
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="record the result")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    found = sessions(asked.repository, asked.glob, asked.keys, asked.seed)
    traces = [with_rests(one, rng) for one in found]
    with tempfile.TemporaryDirectory() as home:
        both = [Either(Path(home) / str(on), asked.repository, on=on) for on in (True, False)]
        on, off = asyncio.run(compare(both, traces))
    rows: list[list[object]] = [["measure", "on", "off", "on / off", "machine"]]
    for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)):
        a, b = rank(on.waits_ms, share), rank(off.waits_ms, share)
        rows.append([name, f"{a:.1f}", f"{b:.1f}", f"{a / b:.3f}", machine()])
    cpu = f"{on.cpu_s:.2f}", f"{off.cpu_s:.2f}", f"{on.cpu_s / off.cpu_s:.3f}"
    rows += [["cpu_s", *cpu, machine()], ["keys", on.n_keys, off.n_keys, "", machine()]]
    for row in rows:
        print("  ".join(map(str, row[:4])))
    if asked.write:
        with RESULTS.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)


if __name__ == "__main__":
    main()
