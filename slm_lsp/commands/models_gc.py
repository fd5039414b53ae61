"""`slm-lsp models gc`."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--unused",
        type=int,
        metavar="DAYS",
        help="also remove models that nobody used for so many days and that are not pinned here",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")


def run(args: argparse.Namespace) -> int:
    from slm_lsp.commands.here import settings_here
    from slm_lsp.models.gc import remove, rubbish, unused
    from slm_lsp.models.memory import human
    from slm_lsp.models.store import own_store

    store = own_store()
    found = rubbish(store)
    if args.unused is not None:
        found += unused(store, args.unused, settings_here().settings.model)
    for item in found:
        print(f"{'would remove' if args.dry_run else 'removed'} {item.what}, {human(item.size)}")
        if not args.dry_run:
            remove(store, item)
    print(f"{human(sum(item.size for item in found))} in all")
    return 0
