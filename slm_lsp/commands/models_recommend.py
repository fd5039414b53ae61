"""`slm-lsp models recommend`."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from slm_lsp.commands.here import settings_here
    from slm_lsp.models.memory import human
    from slm_lsp.models.recommend import forecasts, measure

    deadlines = settings_here().settings.completion
    machine = asyncio.run(measure(lambda what: print(f"measuring {what} …", file=sys.stderr)))
    found = forecasts(machine, deadlines)
    if args.json:
        print(json.dumps({"machine": asdict(machine), "models": [asdict(f) for f in found]}))
        return 0

    from rich.table import Table

    from slm_lsp.commands.progress import wide_console

    free = "unknown" if machine.free_bytes is None else human(machine.free_bytes)
    print(f"{machine.cores} cores, {free} of memory free; tokens per second, as busy as it is now:")
    bundled, *parts = machine.speeds
    for name, speed in [
        (bundled.name, bundled),
        *((f"part of a {one.name}", one) for one in parts),
    ]:
        print(
            f"  {name:18} {speed.n_weights / 1e6:5.0f} M weights  "
            f"prefill {speed.prefill:7.0f}  decode {speed.decode:6.0f}"
        )
    print(
        "A part is a few layers of random weights; a whole model is slower by its further weights."
    )
    table = Table(
        "model", "download", "memory", "a keystroke", "a new file", "fits", "infilling", "licence",
        box=None, pad_edge=False,
    )  # fmt: skip
    for one in found:
        model = one.model
        scores = "/".join(f"{score:.0f}" for score in model.infilling.values())
        table.add_row(
            model.name,
            human(model.about_bytes) if model.source else "–",
            human(one.memory_bytes),
            f"{one.typing_ms:.0f} ms",
            f"{one.first_ms / 1000:.1f} s",
            one.verdict,
            scores,
            model.licence,
        )
    wide_console().print(table)
    print(
        f"fits: while you type ≤ {deadlines.automatic_deadline_ms:.0f} ms, on request ≤ "
        f"{deadlines.invoked_deadline_ms:.0f} ms. infilling: exact match in % on HumanEval-FIM, "
        "Python/Java/JavaScript (arXiv:2409.12186, table 7). "
        "Get one with `slm-lsp models pull NAME --pin`."
    )
    return 0
