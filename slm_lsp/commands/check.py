"""`slm-lsp check`: the findings of an editor, for a terminal, a hook or a CI."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from slm_lsp import sandbox
from slm_lsp.errors import SlmError
from slm_lsp.terminal import print_utf8

if TYPE_CHECKING:
    from slm_lsp.diagnostics.dismissals import Dismissals
    from slm_lsp.diagnostics.output import FileFinding
    from slm_lsp.settings import Settings

FOUND, UNUSABLE = 1, 2
EPILOG = (
    "Exit code: 0 nothing found, 1 something found, 2 the check could not be made. "
    "What the model says of a change is no finding: --odd and --review end with 0."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATH", nargs="*", help="files and folders; default: .")
    parser.add_argument(
        "--diff",
        metavar="REV",
        help="only what changed since this revision, such as HEAD or origin/main",
    )
    by_model = parser.add_mutually_exclusive_group()
    by_model.add_argument(
        "--odd",
        action="store_true",
        help="list the spots of the change (since HEAD, or --diff) that the model finds oddest",
    )
    by_model.add_argument(
        "--review",
        action="store_true",
        help="let an instruct model (3 billion parameters or more) review the change",
    )
    parser.add_argument("--top", type=_count, default=5, metavar="N", help="so many of these")
    parser.add_argument("--format", choices=("text", "json", "sarif"), default="text")
    parser.add_argument(
        "--rules", action="store_true", help="list the rules, and whether each is on"
    )
    parser.add_argument(
        "--turn-on", metavar="RULE", help="bring back a rule that was turned off on this machine"
    )
    parser.epilog = EPILOG


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


def give_up(args: argparse.Namespace) -> None:
    """What the server gives up, before any source is read. Comparing with a revision needs git."""
    from slm_lsp.commands.changes import git_program
    from slm_lsp.places import own_folders
    from slm_lsp.sandbox import enter_server_sandbox

    compares = args.diff is not None or args.odd or args.review
    git = git_program() if compares else None
    enter_server_sandbox(own_folders(), programs=() if git is None else (git,))


def run(args: argparse.Namespace) -> int:
    from slm_lsp.commands.check_rules import list_rules, turn_on
    from slm_lsp.commands.here import settings_here
    from slm_lsp.diagnostics.dismissals import Dismissals
    from slm_lsp.diagnostics.output import as_text
    from slm_lsp.places import home

    try:
        settings = settings_here().settings
        if settings.privacy.require_sandbox:
            sandbox.demand(sandbox.current())
        dismissals = Dismissals.load(home() / "dismissals.json")
        if args.turn_on:
            turn_on(args.turn_on, dismissals)
            return 0
        if args.rules:
            list_rules(settings, dismissals)
            return 0
        checked: set[Path] = set()
        if args.odd or args.review:
            found = _looked_through(args, settings, checked)
        else:
            found = list(_findings(args, settings, dismissals, checked))
    except SlmError as error:
        print(f"slm-lsp: {error}", file=sys.stderr)
        return UNUSABLE
    if args.format == "text":
        print(as_text(found), end="")
    else:
        print_utf8(_for_programs(found, args.format))
    if args.format == "text" and not found:
        n_files = f"{len(checked)} file{'s' * (len(checked) != 1)}" if checked else "no file"
        print(f"nothing found; {n_files} checked", file=sys.stderr)
    return FOUND if found and not (args.odd or args.review) else 0


def _for_programs(found: list["FileFinding"], form: str) -> str:
    from slm_lsp.commands.here import checkout_here
    from slm_lsp.diagnostics.output import as_json
    from slm_lsp.diagnostics.sarif import as_sarif

    return as_sarif(found, checkout_here()) if form == "sarif" else as_json(found)


def _findings(
    args: argparse.Namespace,
    settings: "Settings",
    dismissals: "Dismissals",
    checked: set[Path],
) -> Iterator["FileFinding"]:
    from slm_context.syntax import parse

    from slm_lsp.commands.changes import Repository
    from slm_lsp.commands.check_sources import shown, sources
    from slm_lsp.diagnostics.fixes import first_repairs, with_fixes
    from slm_lsp.diagnostics.output import FileFinding
    from slm_lsp.diagnostics.semantics import RULES, check_semantics, unit_hashes, wanted_rules
    from slm_lsp.diagnostics.syntax import check_syntax, wrong_lines
    from slm_lsp.diagnostics.types import Finding

    wanted = wanted_rules(RULES, settings.diagnostics, dismissals)
    syntax = settings.diagnostics.syntax and "syntax" not in settings.diagnostics.disabled_rules
    repository = Repository.at(Path.cwd(), args.diff) if args.diff is not None else None
    for path, language, text in sources(args.paths, repository, checked):
        tree = parse(text, language)
        if tree is None:
            continue
        units, wrong = frozenset[str](), frozenset[str]()
        before = repository.text_before(path) if repository is not None else None
        old = parse(before, language) if before is not None else None
        if old is not None:
            units, wrong = unit_hashes(old), wrong_lines(old)
        name, found = shown(path), list[Finding]()
        if syntax:
            report = check_syntax(tree, wrong)
            for finding in report.findings:
                repairs = first_repairs(tree, finding, report.unbalanced)
                found.append(with_fixes(text, finding, repairs))
        for finding in check_semantics(tree, name, units, wanted):
            if not dismissals.is_dismissed(finding.fingerprint):
                found.append(finding)
        for finding in sorted(found, key=lambda one: one.start):
            yield FileFinding.of(name, text, finding)


def _looked_through(
    args: argparse.Namespace, settings: "Settings", checked: set[Path]
) -> list["FileFinding"]:
    """What the model says of the change; it never sees a file that is kept from it."""
    from slm_lsp.commands.changes import Repository
    from slm_lsp.commands.check_sources import shown, sources
    from slm_lsp.commands.here import root_here
    from slm_lsp.diagnostics.judge import Place
    from slm_lsp.diagnostics.review import Changed
    from slm_lsp.workspace.scan import Rules

    revision = "HEAD" if args.diff is None else args.diff
    repository, root = Repository.at(Path.cwd(), revision), root_here().resolve()
    rules = Rules(root, exclude=settings.privacy.exclude)
    changes: list[Changed] = []
    for path, language, text in sources(args.paths, repository, checked):
        absolute = path.resolve()
        name = absolute.relative_to(root) if absolute.is_relative_to(root) else path
        if not rules.allows(name.as_posix()):
            print(f"slm-lsp: {path} is kept from the model and was left out", file=sys.stderr)
            checked.discard(path)
            continue
        lines = repository.new_lines(path)
        if lines is None:
            lines = frozenset(range(text.count("\n") + 1))
        if lines:
            changes.append(Changed(Place(shown(path), language, text), lines))
    if not changes:
        return []
    # Here, for it brings the inference room with it, which no other check needs.
    from slm_lsp.commands.looking import odd, reviewed

    look = reviewed if args.review else odd
    return look(changes, settings, args.top)
