"""`slm-lsp models verify`: exit code 1 when anything is not what its hash says."""

import argparse
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", nargs="*", help="names or hashes; by default what is pinned or serves here"
    )
    parser.add_argument("--all", action="store_true", help="everything in the stores")
    parser.add_argument(
        "--release", action="store_true", help="let a model in quarantine be tried again"
    )


def run(args: argparse.Namespace) -> int:
    from slm_lsp.commands.here import settings_here
    from slm_lsp.commands.progress import progress_bar
    from slm_lsp.errors import ModelError
    from slm_lsp.models import quarantine
    from slm_lsp.models.verify import everything, named, serving, verify

    settings = settings_here().settings.model
    try:
        if args.all:
            wanted = everything(settings)
        elif args.model:
            wanted = [named(name, settings) for name in args.model]
        else:
            wanted = serving(settings)
    except ModelError as error:
        print(f"slm-lsp: {error}", file=sys.stderr)
        return 1
    n_wrong = 0
    for entry in wanted:
        if args.release and quarantine.release(entry.sha256):
            print(f"released {entry.name}")
        try:
            with progress_bar(entry.name) as reporter:
                reporter.started(0, entry.size)
                verify(entry, reporter.advanced)
        except ModelError as error:
            n_wrong += 1
            print(f"wrong  {error}", file=sys.stderr)
        else:
            print(f"right  {entry.name} {entry.sha256}")
    return 1 if n_wrong else 0
