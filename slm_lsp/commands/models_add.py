"""`slm-lsp models add`."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="a GGUF model or LoRA adapter")
    parser.add_argument("--name", help="what to call it; by default the file's name")
    parser.add_argument(
        "--link", action="store_true", help="share the bytes with the file (a hard link)"
    )
    parser.add_argument("--pin", action="store_true", help="write it into slm-lsp.toml")


def run(args: argparse.Namespace) -> int:
    from slm_lsp.commands.here import root_here
    from slm_lsp.commands.progress import progress_bar
    from slm_lsp.errors import ModelNotFound
    from slm_lsp.models.gguf_reader import read_header
    from slm_lsp.models.missing import why_no_file
    from slm_lsp.models.store import own_store

    if not args.file.is_file():
        raise ModelNotFound(why_no_file(args.file))
    read_header(args.file)
    with progress_bar(args.file.name) as reporter:
        reporter.started(0, args.file.stat().st_size)
        entry = own_store().add(
            args.file, args.name or args.file.stem, link=args.link, progress=reporter.advanced
        )
    print(f"{entry.name} is in the store as {entry.sha256}")
    if args.pin:
        from slm_lsp.config.pin import Pin, write_pin

        written = write_pin(root_here(), Pin(entry.name, entry.sha256, entry.size))
        print(f"pinned in {written}")
    return 0
