"""What is typed again: commits of repositories that no model of ours was trained on.

Clone the repositories as DIR/owner/name (bare or not), then pass `--repos DIR`. Rules are chosen
on those of `TUNED`; weights are fitted on those of `FITTED`, since four repositories say too little
of others; what is reported comes from those of `REPORTED`.
"""

import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Each at the commit from where its history is read: the same commits on every machine.
TUNED = {
    "pallets/click": "2c8cd3ac958a7eb316d67f2d316c27086c4c0369",
    "pallets/jinja": "5ef70112a1ff19c05324ff889dd30405b1002044",
    "conda/conda": "0f64223fb8da4328457a69fe6483959dbb783152",
    "buildbot/buildbot": "61f2f4118098dbbd22cf9212e2b470cea7c505ba",
}
FITTED = {
    **TUNED,
    "borgbackup/borg": "fc74d5f643d17d5341e303cd5ed4ddeb425660f0",
    "boto/botocore": "0e6e2404b85dc336dd2889814e089bde7d1a4c55",
    "cookiecutter/cookiecutter": "c88fbe921c97c58b65f1883ba90a0ab53cc91b34",
    "giampaolo/psutil": "d77cf39abb5b423bde4bb0420eba78203281376b",
    "Kozea/WeasyPrint": "62c06ca73f02e7b1f5f1e3c73da2b08952afba66",
    "mahmoud/boltons": "967864f89791509f9eb36b22b4579d36b72a6df2",
    "matrix-org/synapse": "be65a8ec0195955c15fdb179c9158b187638e39a",
    "pallets/quart": "657bca721bbcc53047fc964c0593c5c0d19f45c8",
    "praw-dev/praw": "7b69758126d5a105ab7083ee49a3f6f400963ca9",
    "Pylons/pyramid": "5b13e4a61b479be17c1d97ab504154595813a8f8",
    "PyMySQL/PyMySQL": "0305ab344f2026aaa17b405684a521b092a650bd",
    "pypa/pipx": "9bb766c055d47b44ea36c342b87ed569e7c442b1",
    "pyqtgraph/pyqtgraph": "1e0c0fa5e60b0be9ec026fb851715d7f5997b929",
    "sqlfluff/sqlfluff": "e8e8c5d24dee8371acb94177fd8a7a86a783151c",
    "streamlink/streamlink": "5376d2e8851bd523e390a2141360afddccb5adba",
    "wntrblm/nox": "a976d7ee04ab7a13634adc1016d4755a1348225f",
}
REPORTED = {
    "agronholm/anyio": "660a06d548ca72759e9d89ed722dd1ad5227afe4",
    "marshmallow-code/marshmallow": "341b927f219205704728c05cd61f04d7e9727523",
    "python-poetry/cleo": "8c3f1bbf82d918fc137ad40db65c446e14564aac",
    "qutebrowser/qutebrowser": "e688202adb6f99cf830e0917b62bdc899a61a973",
    "pylint-dev/pylint": "3a99b2d728d0c8ff5267e0c38ebad4f5ba228dac",
    "python/mypy": "8b3e7d8b9f63543374e53d1c389ea443dd65bc46",
    "Aider-AI/aider": "5dc9490bb35f9729ef2c95d00a19ccd30c26339c",
    "ansible/ansible": "c9ac477e53a99e95781f333eec3329a935c1bf95",
    "pyinstaller/pyinstaller": "b3b542a75455a37f02dae0c2faeaf3c6ff5c6989",
    "simonw/llm": "f3f4f29c6e5e623c3776cbf6455dda2345638214",
    "zopefoundation/Zope": "8b0c94a219a63bd856c78a0c72aefaf59504ee81",
}
# Read from the newest on, and no further back than this.
N_READ = 600
ADDED_LINES = range(8, 81)
LONGEST_FILE = 40_000
# A commit whose lines stood in the file before moves code, and nobody typed it.
MOVED_SHARE = 0.5
HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Change:
    """One file of one commit: its text before, and (first line, n removed, added lines)."""

    repository: str
    commit: str
    path: str
    before: str
    hunks: tuple[tuple[int, int, tuple[str, ...]], ...]


def changes(folder: Path, repository: str, newest: str, n: int) -> list[Change]:
    """The newest commits that add code to one source file; tests, renames and merges left out."""
    git = ["git", "-C", str(folder / repository)]

    def ask(*arguments: str) -> str:
        done = subprocess.run([*git, *arguments], capture_output=True, check=True)
        return done.stdout.decode("utf-8", "replace")

    found: list[Change] = []
    options = ("--no-merges", "--format=%x00%H", "--numstat", "-n", str(N_READ))
    for entry in ask("log", *options, newest, "--", "*.py").split("\0")[1:]:
        commit, *stats = entry.strip().splitlines()
        for stat in filter(None, stats):
            added, removed, path = stat.split("\t")
            if "test" in path or "=>" in path or not path.endswith(".py") or added == "-":
                continue
            if int(added) not in ADDED_LINES or int(removed) > int(added) / 2:
                continue
            try:
                before = ask("show", f"{commit}^:{path}")
            except subprocess.CalledProcessError:
                continue
            hunks = tuple(hunks_of(ask("diff", "-U0", f"{commit}^", commit, "--", path)))
            if len(before) <= LONGEST_FILE and not _moves(before, hunks):
                found.append(Change(repository, commit, path, before, hunks))
                break
        if len(found) == n:
            break
    return found


def newest_changes(folder: Path, repositories: dict[str, str], n: int) -> list[Change]:
    """`n` of each repository; `repositories` says where the history of each is read from."""
    return [
        change
        for name, newest in repositories.items()
        for change in changes(folder, name, newest, n)
    ]


def hunks_of(diff: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    for part in re.split(r"^(?=@@ )", diff, flags=re.M)[1:]:
        match = HUNK.match(part)
        assert match is not None, part[:80]
        start, n_removed = int(match[1]), int(match[2] or 1)
        added = [line[1:] for line in part.splitlines()[1:] if line.startswith("+")]
        # A hunk that removes nothing stands behind its line.
        yield (start - 1 if n_removed else start), n_removed, tuple(added)


def _moves(before: str, hunks: tuple[tuple[int, int, tuple[str, ...]], ...]) -> bool:
    known = set(map(str.strip, before.splitlines()))
    added = [line.strip() for _, _, lines in hunks for line in lines if len(line.strip()) > 9]
    return sum(line in known for line in added) > MOVED_SHARE * max(1, len(added))


def pauses(line: str, rng: random.Random) -> list[int]:
    """The columns where a person would look up."""
    indent = len(line) - len(line.lstrip())
    found = {indent, indent + 3}
    found |= {m.end() for m in re.finditer(r"[.(,=\[] ?", line)}
    words = [m for m in re.finditer(r"\w{4,}", line)]
    if words:
        word = rng.choice(words)
        found.add(rng.randrange(word.start() + 1, word.end()))
    return sorted(column for column in found if column < len(line))


def next_key_ms(typed: str, rng: random.Random) -> float:
    """When the next key falls, if nothing is shown: a person thinks behind signs and line ends."""
    median = 800 if not typed.strip() else 450 if typed.rstrip()[-1] in ".(,=[" else 180
    return rng.lognormvariate(0, 0.6) * median
