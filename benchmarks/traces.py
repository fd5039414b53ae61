"""Typing traces: pieces of real commits, typed again by a seeded hand.

Each session takes one place where a commit added a few lines, shows the file without them, and
types them at that place. The hand pauses as hands do: log-normal intervals around the pace, now
and then a wrong key that is deleted at once, and an editor that indents new lines.
"""

import math
import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.M)
# Enough to be typing, little enough to have many places.
PIECE_LINES = (2, 12)
FILE_CHARS = (1_500, 60_000)
SPREAD = 0.45  # of the logarithm of an interval; people who type on have about this
TYPO_SHARE = 0.02
# Of this repository's history so much, that the same is typed whatever is committed later.
UP_TO = "706578cced4c36787da8ab238580b4d072242904"
LETTERS = "etaoinshrdlu_"


@dataclass(frozen=True, slots=True)
class Key:
    """One change of the document, `pause` paces after the one before."""

    pause: float
    start: int  # code points; what is between start and end is replaced by text
    end: int
    text: str

    def apply(self, document: str) -> str:
        return document[: self.start] + self.text + document[self.end :]

    @property
    def cursor(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Session:
    """One file as it is opened, and the keys that follow."""

    name: str
    text: str
    keys: tuple[Key, ...]


def sessions(repository: Path, glob: str, n_keys: int, seed: int) -> Iterator[Session]:
    """Sessions of about `n_keys` keys in all. Raises `LookupError` where history has too few."""
    rng = random.Random(seed)
    commits = _git(repository, "rev-list", "--no-merges", _up_to(repository), "--", glob).split()
    rng.shuffle(commits)
    left = n_keys
    for commit in commits:
        session = _session(repository, commit, glob, rng)
        if session is None:
            continue
        yield Session(session.name, session.text, session.keys[:left])
        left -= len(session.keys)
        if left <= 0:
            return
    raise LookupError(
        f"the history of {repository} has too few commits with {glob}: {n_keys - left} keys"
    )


def _session(repository: Path, commit: str, glob: str, rng: random.Random) -> Session | None:
    """One place of a commit where lines were added; None if there is none of the right size."""
    changed = _git(repository, "show", "--format=", "--name-only", commit, "--", glob).split("\n")
    path = rng.choice([name for name in changed if name] or [""])
    if not path:
        return None
    shown = subprocess.run(
        ["git", "-C", str(repository), "show", f"{commit}:{path}"], capture_output=True, check=False
    )
    text = shown.stdout.decode("utf-8", "replace")
    if "\r" in text or not FILE_CHARS[0] < len(text) < FILE_CHARS[1]:
        return None
    diff = _git(repository, "show", "--format=", "-U0", commit, "--", path)
    hunks = [(int(line), int(n or 1)) for line, n in HUNK.findall(diff)]
    hunks = [(line, n) for line, n in hunks if PIECE_LINES[0] <= n <= PIECE_LINES[1]]
    if not hunks:
        return None
    line, n = rng.choice(hunks)
    lines = text.split("\n")
    before = "".join(one + "\n" for one in lines[: line - 1])
    piece = "\n".join(lines[line - 1 : line - 1 + n])
    after = "\n" + "\n".join(lines[line - 1 + n :])
    name = Path(path).with_name(f"{commit[:10]}-{Path(path).name}").as_posix()
    return Session(name, before + after, tuple(_keys(piece, len(before), rng)))


def _keys(piece: str, at: int, rng: random.Random) -> Iterator[Key]:
    for typed in re.findall(r"\n[ \t]*|[^\n]", piece.lstrip("\n")):
        if rng.random() < TYPO_SHARE:
            yield Key(_pause(rng), at, at, rng.choice(LETTERS))
            yield Key(_pause(rng), at, at + 1, "")
        yield Key(_pause(rng), at, at, typed)
        at += len(typed)


def _pause(rng: random.Random) -> float:
    """Its mean is 1."""
    return math.exp(rng.gauss(-SPREAD * SPREAD / 2, SPREAD))


def _up_to(repository: Path) -> str:
    ask = ["git", "-C", str(repository), "cat-file", "-e", f"{UP_TO}^{{commit}}"]
    return (
        UP_TO if subprocess.run(ask, capture_output=True, check=False).returncode == 0 else "HEAD"
    )


def _git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments], capture_output=True, check=True
    )
    return done.stdout.decode("utf-8", "replace")
