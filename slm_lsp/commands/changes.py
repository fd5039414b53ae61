"""What changed since a revision, as git tells it."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from slm_lsp.errors import SlmError

# A repository is untrusted: nothing in its configuration, hooks or attributes is run for us.
PLAIN = (
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false"),
)
# A submodule has a configuration of its own, with filters of its own.
DIFF = (
    *("diff", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color"),
    "--ignore-submodules=all",
)
# Git writes nothing, and fetches nothing that a clone without all objects lacks.
ALONE = {"GIT_OPTIONAL_LOCKS": "0", "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}
HUNK = re.compile(rb"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")


class NoRevision(SlmError):
    """There is no such revision, or no repository."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree and the revision that it is compared with."""

    root: Path
    commit: str
    # Options that leave out the filters of the configuration.
    plain: tuple[str, ...]

    @classmethod
    def at(cls, folder: Path, revision: str) -> "Repository":
        """Raises NoRevision with the cause."""
        root = _git(folder, "rev-parse", "--show-toplevel")
        if root is None:
            raise NoRevision(f"{folder} is not in a git repository, so there is nothing to compare")
        top = Path(os.fsdecode(root.rstrip(b"\n")))
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        commit = _git(top, *asked)
        if commit is None:
            raise NoRevision(f"{revision!r} is not a revision of {top}; see `git log`")
        return cls(top, commit.decode().strip(), _without_filters(top))

    def changed_files(self) -> list[Path]:
        """Files that differ from the revision and still exist, new ones too."""
        different = self._diff("--name-only", "-z", self.commit, "--")
        new = _git(self.root, "ls-files", "--others", "--exclude-standard", "-z")
        names = dict.fromkeys((different + (new or b"")).split(b"\0"))
        paths = [self.root / os.fsdecode(name) for name in names if name]
        return [path for path in paths if path.is_file() and not path.is_symlink()]

    def text_before(self, path: Path) -> str | None:
        """The file at the revision; None when it was not there."""
        name = self._name(path)
        if name is None:
            return None
        at = f"{self.commit}:{name}"
        before = _git(self.root, "cat-file", "blob", at)
        if before is not None:
            return before.decode("utf-8", "replace")
        if _git(self.root, "rev-parse", "--verify", "--quiet", at) is not None:
            raise self._incomplete()
        return None

    def new_lines(self, path: Path) -> frozenset[int] | None:
        """The lines (from 0) of the file that the revision does not have; None for all of them."""
        name = self._name(path)
        if name is None or self.text_before(path) is None:
            return None
        diff = self._diff("--unified=0", self.commit, "--", name)
        lines: set[int] = set()
        for line in diff.split(b"\n"):
            hunk = HUNK.match(line)
            if hunk:
                first, count = int(hunk[1]), int(hunk[2] or 1)
                lines.update(range(first - 1, first - 1 + count))
        return frozenset(lines)

    def _diff(self, *arguments: str) -> bytes:
        found = _git(self.root, *self.plain, *DIFF, *arguments)
        if found is None:
            raise self._incomplete()
        return found

    def _incomplete(self) -> NoRevision:
        return NoRevision(
            f"this clone of {self.root} lacks files of {self.commit[:12]}, and slm-lsp fetches "
            f"nothing; `git diff {self.commit[:12]}` does, check again after it"
        )

    def _name(self, path: Path) -> str | None:
        try:
            return path.resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return None


def git_program() -> str | None:
    """The full name of the git that PATH leads to; None where it leads to none.

    Never one of the current folder, which is a stranger's: Windows looks there first, others for a
    PATH with an empty part.
    """
    name = "git.exe" if os.name == "nt" else "git"
    places = (place for place in os.get_exec_path() if os.path.isabs(place))
    return next(filter(None, (shutil.which(os.path.join(one, name)) for one in places)), None)


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git prints; None when it fails."""
    program = git_program()
    try:
        if program is None:
            raise FileNotFoundError
        done = subprocess.run(
            [program, *PLAIN, "-C", str(folder), *arguments],
            executable=program,
            capture_output=True,
            check=False,
            env={**os.environ, **ALONE},
        )
    except OSError as error:
        raise NoRevision("git is not installed; --diff, --odd and --review need it") from error
    return done.stdout if done.returncode == 0 else None


def _without_filters(top: Path) -> tuple[str, ...]:
    """Options for git that set each filter, which is a program, to none."""
    keys = _git(top, "config", "-z", "--name-only", "--get-regexp", r"^filter\.") or b""
    names = sorted({os.fsdecode(key).rpartition(".")[0] for key in keys.split(b"\0") if key})
    odd = next((name for name in names if "=" in name), None)
    if odd is not None:  # what follows the sign would be taken for the value
        raise NoRevision(
            f"git cannot leave out {odd!r}, a program in the configuration of {top}; "
            "--diff, --odd and --review need a repository without it"
        )
    values = ("clean=", "process=", "required=false")
    return tuple(part for name in names for value in values for part in ("-c", f"{name}.{value}"))
