"""What `slm-lsp tune` gains on a repository, and what it takes: the real command, at its defaults.

    python -m benchmarks.tune CLONE [CLONE …] --minutes 28 [--write]

Each clone is copied as it was committed, and tuned in a home of its own that is thrown away. CPU
time stands beside the wall's: a run at the lowest priority gets what others leave.
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.memory import children_cpu_s
from benchmarks.tables import renew_table
from slm_lsp.commands.tune import NO_GAIN

RESULTS = Path(__file__).parent / "results" / "tune.csv"
KEY = ("repository", "commit", "model")


def tune(clone: Path, minutes: float, threads: int | None) -> dict[str, Any]:
    """One row: the run's own verdict, on lines of files that it held out."""
    git = ["git", "-C", str(clone)]
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    with tempfile.TemporaryDirectory() as place:
        root, home = Path(place) / repository_name(clone), Path(place) / "home"
        subprocess.run(["git", "clone", "--quiet", str(clone), str(root)], check=True)
        command = [sys.executable, "-m", "slm_lsp.cli", "tune", str(root), f"--minutes={minutes}"]
        if threads:
            command.append(f"--threads={threads}")
        nowhere = {"SLM_LSP_HOME": str(home), "SLM_LSP_CONFIG": str(home / "config.toml")}
        cpu, started = children_cpu_s(), time.monotonic()
        done = subprocess.run(command, env=os.environ | nowhere, stdout=subprocess.PIPE, text=True)
        took, cpu = time.monotonic() - started, children_cpu_s() - cpu
        print(done.stdout)
        if done.returncode not in (0, NO_GAIN):
            raise SystemExit(f"slm-lsp tune ended with {done.returncode}")
        told = re.search(r"^report: (.+)$", done.stdout, re.MULTILINE)
        assert told is not None
        report = json.loads(Path(told[1]).read_text("utf-8"))
        with Path(told[1]).with_name("loss.csv").open(newline="") as file:
            tokens = max(int(row["tokens"]) for row in csv.DictReader(file))
    return {
        "repository": root.name,
        "commit": commit.stdout.strip()[:10],
        "model": report["model"],
        "lines": report["lines"],
        "tokens": tokens,
        "wall_minutes": round(took / 60, 1),
        "cpu_minutes": round(cpu / 60, 1),
        **flat("", report),
        **flat("novel_", report["lines_in_no_learnt_file"]),
        "machine": machine(),
    }


def flat(prefix: str, verdict: dict[str, Any] | None) -> dict[str, Any]:
    """A verdict as columns; empty ones where there were too few lines to judge."""
    row: dict[str, Any] = {f"{prefix}{key}": verdict and verdict[key] for key in SIZES}
    for measure in ("exact", "similarity"):
        for key in ("before", "after", "gain", "low", "high"):
            row[f"{prefix}{measure}_{key}"] = verdict and round(verdict[measure][key], 4)
    return row


SIZES = ("n_cases", "n_files")


def repository_name(clone: Path) -> str:
    """The folder's name, or its parent's where clones lie as owner+name/repo."""
    path = clone.resolve()
    name = path.parent.name if path.name in ("repo", ".git") else path.name
    return name.rpartition("+")[2].removesuffix(".git")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clones", type=Path, nargs="+")
    parser.add_argument("--minutes", type=float, default=28.0)
    parser.add_argument("--threads", type=int, help="by default what the command chooses")
    parser.add_argument("--write", action="store_true", help=f"keep the rows in {RESULTS.name}")
    arguments = parser.parse_args()
    for clone in arguments.clones:
        row = tune(clone, arguments.minutes, arguments.threads)
        for key, value in row.items():
            print(f"{key}: {value}")
        if arguments.write:
            renew_table(RESULTS, [row], KEY)


if __name__ == "__main__":
    main()
