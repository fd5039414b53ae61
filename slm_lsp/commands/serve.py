"""`slm-lsp serve`: what editors start."""

import argparse
import os
from pathlib import Path

from slm_lsp.log import LEVELS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stdio", action="store_true", help="the only way, and the default")
    parser.add_argument("--log-level", choices=LEVELS, default="info", help="default: info")
    parser.add_argument(
        "--log-file", type=Path, metavar="PATH", help="write the log as JSON lines too"
    )
    # Some clients add this to every server's command line; the handshake says it as well.
    parser.add_argument("--clientProcessId", type=int, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    # First of all: what any import prints must not end up among the messages.
    from slm_lsp.stdio import claim_stdio

    reading, writing = claim_stdio()

    from slm_lsp.allocator import keep_memory_steady
    from slm_lsp.log import configure, open_private
    from slm_lsp.places import own_folders
    from slm_lsp.sandbox import enter_server_sandbox

    keep_memory_steady()
    own_files = () if args.log_file is None else (args.log_file,)
    for file in own_files:
        open_private(file).close()
    # Before any thread exists, because not every mechanism reaches those that do.
    sandbox = enter_server_sandbox(own_folders(), own_files)

    from slm_lsp.server import LOG, run_stdio

    finish_log = configure(args.log_level, args.log_file)
    LOG.info("%s", sandbox.sentence)
    code = run_stdio(reading, writing)
    finish_log(0.2)
    # At once: the interpreter's own way out would wait for threads that read pipes or files.
    os._exit(code)
