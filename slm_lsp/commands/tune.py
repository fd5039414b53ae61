"""`slm-lsp tune`: the model that serves, taught the habits of one repository."""

import argparse
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from slm_lsp.tune import MAX_LAPS

if TYPE_CHECKING:
    from slm_lsp.config.pin import Change
    from slm_lsp.tune.run import RunFolder
    from slm_lsp.tune.tuning import Job, Tuned

NICE = 15
MINUTES = 25.0
CASES = 600
NO_GAIN = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("path", type=Path, nargs="?", default=Path(), help="the repository; by default this one")
    add("--minutes", type=float, default=MINUTES, help=f"time for all of it; default: {MINUTES:g}")
    add("--threads", type=int, help="processor cores to use; by default half of many, all of two")
    add("--cases", type=int, default=CASES, help=f"questions asked at most; default: {CASES}")
    laps = f"read each file at most so often; default: {MAX_LAPS}"
    add("--laps", type=int, default=MAX_LAPS, help=laps)
    add("--seed", type=int, help="chooses the files that are held out; default: 0")
    add("--pin", action="store_true", help="write a better model into slm-lsp.toml unasked")
    add("--keep", action="store_true", help="put the model into the store also if it is no better")
    add("--restart", action="store_true", help="forget a run that was stopped")
    parser.epilog = (
        "Needs `pip install 'slm-lsp[tune]'`. Ctrl-C saves; the same command goes on. Exit code: "
        f"0 better model in the store, 1 error, {NO_GAIN} no gain, 130 stopped."
    )


def run(args: argparse.Namespace) -> int:
    from slm_lsp.errors import CannotTune
    from slm_lsp.tune.trainable import check_extra

    check_extra()
    if not args.path.is_dir():
        raise CannotTune(f"{args.path} is not a folder; name the repository's")
    if not 0 < args.minutes <= 24 * 60 or min(args.cases, args.laps) < 1:
        raise CannotTune("--minutes is more than 0 and at most 1440, --cases and --laps 1 or more")
    from slm_lsp.config.files import find_root
    from slm_lsp.workspace.read_all import is_project

    root = find_root(args.path.absolute())
    if not is_project(root):
        raise CannotTune(f"{root} is no project, but holds everything you have; name a repository")
    umask = withdraw(root)

    from slm_lsp.commands.tune_progress import TuneProgress
    from slm_lsp.tune.run import run_folder
    from slm_lsp.tune.tuning import Interrupted, tune

    job = job_of(root, args)
    stops: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: stops.append(received))
    with run_folder(root) as folder:
        if args.restart:
            folder.clear()
        with TuneProgress() as progress:
            try:
                tuned = tune(job, folder, progress, lambda: bool(stops))
            except Interrupted:
                print("stopped, and saved: the same command goes on from here", file=sys.stderr)
                return 130
        os.umask(umask)
        return conclude(job, folder, tuned, args)


def withdraw(root: Path) -> int:
    """Give up the network, and precedence over other processes. The result is the old umask.

    Before anything starts a thread: not every mechanism reaches those that exist.
    """
    from slm_lsp.places import cache_folder, own_folders
    from slm_lsp.sandbox import enter_server_sandbox

    # Threads that wait for each other sleep: others are using this machine.
    os.environ["OMP_WAIT_POLICY"] = "passive"
    if hasattr(os, "nice"):
        os.nice(NICE)
    umask = os.umask(0o077)
    # PyTorch wants a folder for temporary files, and the sandbox leaves only our own.
    temporary = cache_folder() / "tune" / "tmp"
    with suppress(OSError):
        temporary.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = str(temporary)
    enter_server_sandbox((*own_folders(), root))
    return umask


def job_of(root: Path, args: argparse.Namespace) -> "Job":
    from slm_lsp.config.source import load
    from slm_lsp.inference.cpu import physical_cores
    from slm_lsp.models import resolve_model
    from slm_lsp.tune.tuning import Job

    resolved = load(root)
    for complaint in resolved.complaints:
        print(complaint, file=sys.stderr)
    model = resolve_model(resolved.settings.model)
    n_cores = physical_cores()
    n_threads = args.threads or (n_cores if n_cores <= 2 else n_cores // 2)
    return Job(
        root,
        resolved.settings,
        model,
        minutes=args.minutes,
        n_threads=max(1, n_threads),
        n_cases=args.cases,
        seed=args.seed,
        n_laps=args.laps,
    )


def conclude(job: "Job", folder: "RunFolder", tuned: "Tuned", args: argparse.Namespace) -> int:
    """Say what came out, and keep the model if it is better."""
    from slm_lsp.config.pin import Pin, pin_change
    from slm_lsp.models.store import own_store

    verdict = tuned.verdict
    print(f"{verdict.n_cases} line ends in {verdict.n_files} held-out files of {job.root.name}:")
    for name, one in (("exact match", verdict.exact), ("edit similarity", verdict.similarity)):
        print(
            f"  {name:15}  {one.before:6.1%} → {one.after:6.1%}   "
            f"{one.gain:+.1%} (95 % interval {one.low:+.1%} to {one.high:+.1%})"
        )
    if tuned.novel is not None:
        one = tuned.novel.exact
        print(
            f"  exact match on the {tuned.novel.n_cases} lines that stand in no file learnt from: "
            f"{one.before:.1%} → {one.after:.1%}"
        )
    print(f"report: {folder.report}")
    if not verdict.helps and not args.keep:
        folder.clear()
        print(
            "not installed: the interval of the gain in exact match includes zero, so that chance "
            "may explain it"
        )
        return NO_GAIN
    entry = own_store().add(folder.tuned, tuned.name)
    folder.clear()
    print(f"{entry.name} is in the store as {entry.sha256}")
    if not verdict.helps:
        print("not pinned: the interval of the gain includes zero")
        return NO_GAIN
    pin = Pin(entry.name, entry.sha256, entry.size, None, job.settings.model.template)
    offer(pin_change(job.root, pin), args.pin)
    return 0


def offer(change: "Change", unasked: bool) -> None:
    """Show what would be written, and write it if the person agrees."""
    print(change.diff(), end="")
    if not unasked and not (sys.stdin.isatty() and agreed(change.path)):
        print(f"not pinned; to serve it, write these lines into {change.path.name}")
        return
    change.write()
    print(f"pinned in {change.path}; editors that are open load it now")
    print(
        "the file is on this machine only: before you commit the pin, put it where others can "
        "pull it, and name that as `source` (docs/teams.md)"
    )


def agreed(path: Path) -> bool:
    return input(f"write this into {path}? [y/N] ").strip().lower() in ("y", "yes")
