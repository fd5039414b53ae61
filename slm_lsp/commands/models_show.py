"""`slm-lsp models show`."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", nargs="?", help="a name, a hash or a file; by default the model that serves here"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from slm_lsp.commands.here import settings_here
    from slm_lsp.models.inspect import inspect_model
    from slm_lsp.models.resolve import resolve_model
    from slm_lsp.models.verify import named

    settings = settings_here().settings.model
    if args.model is None:
        path = resolve_model(settings).path
    elif Path(args.model).is_file():
        path = Path(args.model)
    else:
        path = named(args.model, settings).path
    found = {"path": str(path), **asdict(inspect_model(path, settings.n_ctx))}
    if args.json:
        print(json.dumps(found, indent=1))
        return 0
    for key, value in found.items():
        print(f"{key:14} {value}")
    return 0
