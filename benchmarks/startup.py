"""How long people wait before anything happens: `slm-lsp --help`, and the first suggestion.

    python -m benchmarks.startup [--runs 11]

Each figure stands beside a bare start of the same Python in the same round, so that a busy machine
shows in both. The server is started as editors start it; the first suggestion is asked for right
after the file was opened, while the model still loads.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

from benchmarks.machine import machine
from benchmarks.tables import write_table
from tests.support.editor import Editor

RESULTS = Path(__file__).parent / "results" / "startup.csv"
TEXT = (
    "def area(width, height):\n    return width * height\n\n\ndef half(width, height):\n    return "
)
END = (5, 11)
URI = "file:///project/area.py"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--write", action="store_true", help=f"record in {RESULTS.name}")
    arguments = parser.parse_args(argv)
    measures: dict[str, Callable[[], float]] = {
        "bare python": lambda: command_s("-c", "pass"),
        "slm-lsp --help": lambda: command_s("-m", "slm_lsp.cli", "--help"),
        "start to first suggestion": lambda: asyncio.run(first_suggestion_s()),
    }
    # Round by round, not measure by measure: what disturbs one round disturbs all of it.
    rounds = [
        {name: measure() for name, measure in measures.items()} for _ in range(arguments.runs)
    ]
    rows = [summary(name, [one[name] for one in rounds], rounds) for name in measures]
    show(rows)
    if arguments.write:
        write_table(RESULTS, [{**row, "machine": machine()} for row in rows])


def command_s(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-P", *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


async def first_suggestion_s() -> float:
    started = time.perf_counter()
    async with Editor.start("--log-level", "error") as editor:
        await editor.initialize()
        editor.open(URI, TEXT)
        items = await editor.inline(URI, *END)
        took = time.perf_counter() - started
        await editor.shutdown()
        await editor.exit_code()
    assert items, "there was no suggestion to wait for"
    return took


def summary(name: str, took: list[float], rounds: list[dict[str, float]]) -> dict[str, str]:
    ratios = [one[name] / one["bare python"] for one in rounds]
    return {
        "what": name,
        "runs": str(len(took)),
        "min_ms": f"{min(took) * 1000:.0f}",
        "median_ms": f"{median(took) * 1000:.0f}",
        "max_ms": f"{max(took) * 1000:.0f}",
        "median_ratio_to_bare_python": f"{median(ratios):.1f}",
    }


def show(rows: Iterable[dict[str, str]]) -> None:
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
