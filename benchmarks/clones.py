"""Which clones the benchmarks want, at which commits: prints the git commands, and runs none.

    python -m benchmarks.clones SET DIR [--from URL]        # | sh

SET is what a benchmark's `--repos DIR`, CLONES or DIR stands for:

  positions    `positions`, `completion_accuracy`; one of them is `tune`'s CLONE: DIR/owner/name
  replay       `replay`, `type_through`: DIR/owner/name
  fitting      `recalibrate`: DIR/owner/name
  context      `context`, `uses`, `usage_snippets`: DIR/name
  diagnostics  `diagnostics clean` and `seeded-*`: DIR/owner+name

What is printed can be read before a shell is given it; no benchmark opens a connection.
"""

import argparse
import csv
import shlex
from collections.abc import Iterator
from pathlib import Path

from benchmarks.commits import FITTED, REPORTED
from benchmarks.corpus import SOURCES

FORGE = "https://github.com"
CORPUS = {source.repository: source.commit for source in SOURCES}
# Three of Python, one of each other language.
CONTEXT = (
    "tokio-rs/axum",
    "python-poetry/cleo",
    "pallets/click",
    "date-fns/date-fns",
    "gin-gonic/gin",
    "google/gson",
    "marshmallow-code/marshmallow",
)
CHECKED = Path(__file__).parent / "results" / "diagnostics_sources.csv"


def checked() -> dict[str, str]:
    """Those that no rule was made on."""
    with CHECKED.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["used_for"] == "test"]
    return {row["repository"]: row["commit"] for row in rows}


SETS = ("positions", "replay", "fitting", "context", "diagnostics")


def wanted(which: str) -> dict[str, tuple[str, str]]:
    """Of each repository, the commit and the folder's name."""
    if which == "context":
        return {one: (CORPUS[one], one.partition("/")[2]) for one in CONTEXT}
    if which == "diagnostics":
        return {one: (commit, one.replace("/", "+")) for one, commit in checked().items()}
    commits = {"positions": CORPUS, "replay": REPORTED, "fitting": FITTED}[which]
    return {one: (commit, one) for one, commit in commits.items()}


def commands(which: str, folder: str, forge: str = FORGE) -> Iterator[str]:
    """What a shell has to do; a clone that is there is only brought to its commit."""
    for repository, (commit, name) in wanted(which).items():
        place = shlex.quote(f"{folder}/{name}")
        url = shlex.quote(f"{forge}/{repository}")
        yield (
            f"[ -e {place} ] || git clone --quiet {url} {place}"
            f" && git -C {place} checkout --quiet --detach {commit}"
        )


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("set", choices=SETS)
    parser.add_argument("folder")
    parser.add_argument("--from", dest="forge", default=FORGE, metavar="URL")
    arguments = parser.parse_args(argv)
    print(*commands(arguments.set, arguments.folder, arguments.forge), sep="\n")


if __name__ == "__main__":
    main()
