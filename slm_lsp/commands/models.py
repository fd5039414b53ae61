"""`slm-lsp models`: the store, pulling, measuring. Each action lies in a module of its own."""

import argparse
from importlib import import_module
from typing import NamedTuple


class Action(NamedTuple):
    """One action, whose module has `add_arguments` and `run` as a subcommand has."""

    name: str
    module: str
    help: str


ACTIONS = (
    Action("list", "models_list", "what is in the store, and what is pinned here"),
    Action("show", "models_show", "what a model file says about itself, and whether it can serve"),
    Action("add", "models_add", "bring a file of this machine into the store"),
    Action("remove", "models_remove", "take a model out of the store"),
    Action("verify", "models_verify", "read models in full and compare them with their hashes"),
    Action("gc", "models_gc", "remove what interrupted pulls left; with --unused, models, too"),
    Action(
        "pull",
        "models_pull",
        "get a model, by default the pinned one: the only command that uses the network",
    ),
    Action("recommend", "models_recommend", "measure this machine and say which models fit"),
    Action("quantize", "models_quantize", "make a model smaller with llama.cpp"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    subparsers = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action in ACTIONS:
        description = f"{action.help[:1].upper()}{action.help[1:]}."
        subparser = subparsers.add_parser(action.name, help=action.help, description=description)
        # These modules import nothing heavy until they run.
        module = import_module(f"slm_lsp.commands.{action.module}")
        module.add_arguments(subparser)
        subparser.set_defaults(run_action=module.run)


def run(args: argparse.Namespace) -> int:
    return args.run_action(args)
