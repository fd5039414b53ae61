"""`slm-lsp models gc`."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--unused",
        type=_days,
        metavar="DAYS",
        help="also remove models that nobody used for so many days and that are not pinned here",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")


def _days(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days")
    return int(text)


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
        if not args.dry_run:
            remove(store, item)
        print(f"{'would remove' if args.dry_run else 'removed'} {item.what}, {human(item.size)}")
    total = human(sum(item.size for item in found))
    print(f"{total} in all" if found else "there is nothing to remove")
    return 0
