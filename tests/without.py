"""Each handling of a fault taken out, one at a time: the test that holds it down has to fail.

    python -m tests.without             # all of `without.toml`, half an hour
    python -m tests.without disk clock  # those whose fault has one of these words
    python -m tests.without --write     # and note what was seen in `without.csv`

Nothing is changed here: it happens in a copy of the tracked files, with an environment in which
only the copy is found. There each test passes first, with everything in it.
"""

import argparse
import csv
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
import tomllib
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).with_suffix(".toml")
SEEN = Path(__file__).with_suffix(".csv")
COLUMNS = ("fault", "noticed", "pytest", "seconds", "date", "test")
PATIENCE_S = 400
PYTEST = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")
FAILED = 1  # pytest's code for tests that ran and failed


@dataclass(frozen=True, slots=True)
class Handling:
    """What is taken out of a file, what stands there then, and the test that notices."""

    fault: str
    file: str
    out: str
    put_in: str
    test: str


def handlings() -> list[Handling]:
    table = tomllib.loads(TABLE.read_text("utf-8"))
    return [
        Handling(one["fault"], one["file"], one["out"], one["in"], one["test"])
        for one in table["handling"]
    ]


class Copy:
    """The tracked files elsewhere, as they are in the working tree."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            source, target = ROOT / name, self.root / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read_bytes())
                target.chmod(source.stat().st_mode)
        venv.create(folder / "venv", symlinks=True)
        self.python = folder / "venv" / "bin" / "python"
        # What is installed here, but for the files by which an editable installation is found.
        paths = [self.root, self.root / "context", self.root / "prompts"]
        installed = sysconfig.get_paths()["purelib"]
        for place in (folder / "venv" / "lib").glob("python*/site-packages"):
            (place / "copy.pth").write_text("\n".join(map(str, [*paths, installed])) + "\n")

    def run(self, test: str) -> tuple[int, str]:
        """pytest's exit code, and what it said."""
        done = subprocess.run(
            [self.python, *PYTEST, test],
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        return done.returncode, done.stdout

    def without(self, one: Handling) -> tuple[int, str]:
        """The same, with the handling taken out."""
        file = self.root / one.file
        whole = file.read_text("utf-8")
        assert whole.count(one.out) == 1, f"{one.file} has {one.out!r} not once"
        file.write_text(whole.replace(one.out, one.put_in), "utf-8")
        try:
            return self.run(one.test)
        finally:
            file.write_text(whole, "utf-8")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of taking one handling out. `said` is pytest's output."""

    one: Handling
    noticed: bool
    said: str
    seconds: float

    @property
    def last_line(self) -> str:
        return (self.said.strip().splitlines() or [""])[-1]

    @property
    def told(self) -> str:
        word = "noticed" if self.noticed else "NOT NOTICED"
        return f"{word}: {self.one.fault} ({self.seconds:.0f} s; {self.last_line})"


def outcomes(wanted: list[Handling]) -> Iterator[Outcome]:
    whole: dict[str, tuple[int, str]] = {}  # with everything in it
    with tempfile.TemporaryDirectory(prefix="slm-lsp-without-") as folder:
        copy = Copy(Path(folder))
        for one in wanted:
            started = time.monotonic()
            if one.test not in whole:
                whole[one.test] = copy.run(one.test)
            passed = whole[one.test][0] == 0
            try:
                code, said = copy.without(one)
            except subprocess.TimeoutExpired:
                code, said = FAILED, f"nothing within {PATIENCE_S} s"
            if not passed:
                said = f"{whole[one.test][1]}\nit fails also with everything in it"
            noticed = passed and code == FAILED
            yield Outcome(one, noticed, said, time.monotonic() - started)


def seen() -> dict[str, dict[str, str]]:
    """What was noted, by fault."""
    if not SEEN.exists():
        return {}
    with SEEN.open(newline="", encoding="utf-8") as file:
        return {row["fault"]: row for row in csv.DictReader(file)}


def note(outcome: Outcome) -> None:
    """Put it in place of what was noted before, in the order of the table."""
    rows = seen()
    rows[outcome.one.fault] = {
        "fault": outcome.one.fault,
        "noticed": "yes" if outcome.noticed else "no",
        "pytest": outcome.last_line.partition(" in ")[0],
        "seconds": f"{outcome.seconds:.0f}",
        "date": date.today().isoformat(),
        "test": outcome.one.test,
    }
    with SEEN.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[one.fault] for one in handlings() if one.fault in rows)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("words", nargs="*", help="only faults that have one of these words")
    parser.add_argument("--write", action="store_true", help=f"note it in {SEEN.name}")
    arguments = parser.parse_args(argv)
    words = arguments.words
    wanted = [one for one in handlings() if not words or any(word in one.fault for word in words)]
    n_unnoticed = 0
    for outcome in outcomes(wanted):
        n_unnoticed += not outcome.noticed
        print(outcome.told, flush=True)
        if not outcome.noticed:
            print(outcome.said[-2000:], flush=True)
        if arguments.write:
            note(outcome)
    print(f"{len(wanted)} handlings taken out, {n_unnoticed} not noticed")
    return min(1, n_unnoticed)


if __name__ == "__main__":
    sys.exit(main())
