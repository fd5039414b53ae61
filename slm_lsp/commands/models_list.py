"""`slm-lsp models list`."""

import argparse
import json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from slm_lsp.commands.here import settings_here
    from slm_lsp.models.listing import rows
    from slm_lsp.models.missing import not_here

    settings = settings_here().settings.model
    listed = rows(settings)
    if args.json:
        print(json.dumps([row.as_json() for row in listed], indent=1))
        return 0

    from rich.table import Table

    from slm_lsp.commands.progress import wide_console
    from slm_lsp.models.memory import human

    table = Table("", "name", "sha256", "size", "where", "source", box=None, pad_edge=False)
    for row in listed:
        mark = "→" if row.pinned else ""
        name = f"{row.name} (also {', '.join(row.also)})" if row.also else row.name
        size, note = human(row.size), row.note or row.source
        table.add_row(mark, name, row.sha256[:12], size, row.where, note)
    wide_console().print(table)
    if settings.path is not None:
        print(f"the model here is what `model.path` in your settings names: {settings.path}")
    elif not any(row.pinned for row in listed):
        print(not_here(settings))
    return 0
