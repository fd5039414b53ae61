"""`slm-lsp stats`: what was shown and taken on this machine."""

import argparse
import json
from dataclasses import asdict

from slm_lsp.errors import SlmError
from slm_lsp.learning import Counts, Learning, learning_file

BARS = " ▁▂▃▄▅▆▇█"
BAR_WIDTH = 24


class CannotWipe(SlmError):
    """The counters' file could not be removed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--wipe", action="store_true", help="forget all of it")
    parser.epilog = "Numbers only: no text that was typed or suggested is kept anywhere."


def run(args: argparse.Namespace) -> int:
    if args.wipe:
        return wipe()
    learning = Learning.load()
    if args.json:
        print(json.dumps(as_json(learning), indent=2))
    else:
        show(learning)
    return 0


def wipe() -> int:
    path = learning_file()
    try:
        path.unlink()
    except FileNotFoundError:
        print(f"there was nothing to forget: {path} does not exist")
        return 0
    except OSError as error:
        raise CannotWipe(f"cannot remove {path}: {error.strerror}") from error
    print(f"forgotten: {path}")
    return 0


def as_json(learning: Learning) -> dict[str, object]:
    return {
        "path": str(learning.path),
        "languages": {
            name: {**asdict(counts), "trust": round(learning.trust(name), 3)}
            for name, counts in learning.languages.items()
        },
        "days": {day: asdict(counts) for day, counts in learning.days.items()},
    }


def show(learning: Learning) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not learning.languages:
        console.print("Nothing has been suggested on this machine yet.")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("language")
    for name in ("shown", "taken", "kept", "characters"):
        table.add_column(name, justify="right")
    table.add_column("share taken")
    table.add_column("trust", justify="right")
    by_use = sorted(learning.languages.items(), key=lambda one: -one[1].shown)
    for name, counts in by_use:
        table.add_row(
            name or "other",
            f"{counts.shown:.0f}",
            f"{counts.accepted:.0f}",
            f"{counts.kept / counts.judged:.0%}" if counts.judged else "",
            f"{counts.characters:.0f}",
            bar(counts),
            f"× {learning.trust(name):.2f}",
        )
    console.print(table)
    if any(counts.judged for counts in learning.languages.values()):
        console.print("[dim]kept: of what was taken, still there half a minute later[/dim]")
    console.print(
        "[dim]trust: how often suggestions helped, beside how often they were expected to; what "
        "is expected of the next one is multiplied by it[/dim]"
    )
    if learning.days:
        days = list(learning.days.items())
        console.print()
        console.print(f"characters taken a day, {days[0][0]} to {days[-1][0]}")
        console.print(sparkline([counts.characters for _, counts in days]))
    console.print(f"[dim]{learning.path}; `slm-lsp stats --wipe` forgets it[/dim]")


def bar(counts: Counts) -> str:
    share = counts.accepted / counts.shown if counts.shown else 0.0
    filled = round(min(1.0, share) * BAR_WIDTH)
    return "█" * filled + "░" * (BAR_WIDTH - filled) + f" {share:.0%}"


def sparkline(values: list[float]) -> str:
    highest = max(values, default=0.0) or 1.0
    return "".join(BARS[min(8, round(8 * value / highest))] for value in values)
