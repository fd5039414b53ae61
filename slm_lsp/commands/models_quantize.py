"""`slm-lsp models quantize`."""

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from slm_lsp.models.quantize_types import TYPES

    parser.add_argument("model", help="a GGUF file, or a name or hash of the store")
    parser.add_argument("--type", default="Q4_K_M", choices=list(TYPES), help="the new weights")
    parser.add_argument("--name", help="what to call the result; by default name and type")


def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from slm_lsp.models.memory import human
    from slm_lsp.models.quantize import quantize
    from slm_lsp.models.store import find, own_store

    path = Path(args.model)
    if path.is_file():
        stem = path.stem
    else:
        entry = find(args.model)
        path, stem = entry.path, entry.name
    with Progress(console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(f"{stem} → {args.type}", total=None)
        done = quantize(
            path,
            args.type,
            args.name or f"{stem}-{args.type}",
            own_store(),
            lambda n_done, n_total: bar.update(task, completed=n_done, total=n_total),
        )
    entry = done.entry
    print(
        f"{entry.name} is in the store: sha256 {entry.sha256}, {human(entry.size)} instead of "
        f"{human(done.n_bytes_before)}"
    )
    if done.again:
        print(
            "its weights were quantised before: doing it again loses more than quantising the "
            "original would",
            file=sys.stderr,
        )
    return 0
