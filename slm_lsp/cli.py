"""The `slm-lsp` command: a table of subcommands, each in a module that is loaded only when asked.

A subcommand's module has `add_arguments(parser)` and `run(args) -> int`, the exit code; one that
reads source has `give_up(args)`, too, for what its process can do without from then on. To add
one, add one line to COMMANDS.
"""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

from slm_lsp import __version__
from slm_lsp.errors import SlmError
from slm_lsp.terminal import print_names_as_they_are, print_no_more, stand_in_for_closed_streams

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Command(NamedTuple):
    """One subcommand. Its help stands here, so that `--help` imports none of the modules."""

    name: str
    module: str
    help: str


COMMANDS = (
    Command("serve", "slm_lsp.commands.serve", "speak LSP over stdio: what editors start"),
    Command("complete", "slm_lsp.commands.complete", "complete a place in a file and print it"),
    Command("check", "slm_lsp.commands.check", "find mistakes in files or in a change"),
    Command("models", "slm_lsp.commands.models", "the model files: list, pull, verify, recommend"),
    Command("tune", "slm_lsp.commands.tune", "teach the model your repository's habits"),
    Command("config", "slm_lsp.commands.config", "the settings: show, check, write a first file"),
    Command("stats", "slm_lsp.commands.stats", "what was shown and taken on this machine"),
    Command("doctor", "slm_lsp.commands.doctor", "check this installation, and say the cure"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; the result is the exit code.

    Without `arguments` they are the process's own, and so is what it gives up for good.
    """
    if arguments is None:
        stand_in_for_closed_streams()
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments), arguments is None)
        print(end="", flush=True)  # what cannot be written is known before the exit code is
        return code
    except SlmError as error:
        print(f"slm-lsp: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        print_no_more()  # its reader, such as `head`, has gone: nothing is wrong
        return 0
    except OSError as error:
        if error.errno in FULL:
            print_no_more()
            what = f"not everything could be written: {error.strerror}"
        else:
            what = _what_failed(error)
        print(f"slm-lsp: {what}", file=sys.stderr)
        return 2  # of `check`, 1 would say that something was found


def _run(argv: Sequence[str], is_whole_process: bool) -> int:
    parser, modules = build_parser(argv)
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return 2
    print_names_as_they_are()
    module = modules[args.command]
    if is_whole_process and hasattr(module, "give_up"):
        module.give_up(args)
    return module.run(args)


def _what_failed(error: OSError) -> str:
    """In one sentence, with the place where the system names one."""
    try:
        os.getcwd()
    except OSError:
        return "the folder that this was called in is gone; change to another one"
    where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return f"{where}{error.strerror or error}"


def build_parser(argv: Sequence[str]):
    """The parser, knowing in full only the subcommand that `argv` starts with."""
    parser = argparse.ArgumentParser(
        prog="slm-lsp", description="Local code completion: nothing it reads leaves this machine."
    )
    parser.add_argument("--version", action="version", version=f"slm-lsp {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    modules = {}
    for command in COMMANDS:
        subparser = subparsers.add_parser(
            command.name,
            help=command.help,
            description=f"{command.help[0].upper()}{command.help[1:]}.",
        )
        if argv and argv[0] == command.name:
            modules[command.name] = import_module(command.module)
            modules[command.name].add_arguments(subparser)
    return parser, modules


if __name__ == "__main__":
    sys.exit(main())
