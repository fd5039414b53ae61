"""`slm-lsp models remove`."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="+", help="a name, or the beginning of a hash")


def run(args: argparse.Namespace) -> int:
    from slm_lsp.errors import ModelNotFound
    from slm_lsp.models.memory import human
    from slm_lsp.models.store import find, own_store

    store = own_store()
    for wanted in args.model:
        entry = find(wanted)
        if entry.path != store.blob(entry.sha256):
            raise ModelNotFound(f"{entry.path} is in a shared store, which is only read")
        store.remove(entry.sha256)
        print(f"removed {entry.name} ({entry.sha256[:12]}…), {human(entry.size)}")
    return 0
