"""What changed since a revision, as git tells it."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from slm_lsp.errors import SlmError

# A repository is untrusted: nothing in its configuration or attributes is run for us.
GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
HUNK = re.compile(rb"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")


class NoRevision(SlmError):
    """There is no such revision, or no repository."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree and the revision that it is compared with."""

    root: Path
    commit: str

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
        return cls(top, commit.decode().strip())

    def changed_files(self) -> list[Path]:
        """Files that differ from the revision and still exist, new ones too."""
        different = _git(self.root, "diff", "--name-only", "-z", "--no-renames", self.commit, "--")
        new = _git(self.root, "ls-files", "--others", "--exclude-standard", "-z")
        names = dict.fromkeys(((different or b"") + (new or b"")).split(b"\0"))
        paths = [self.root / os.fsdecode(name) for name in names if name]
        return [path for path in paths if path.is_file() and not path.is_symlink()]

    def text_before(self, path: Path) -> str | None:
        """The file at the revision; None when it was not there."""
        name = self._name(path)
        if name is None:
            return None
        before = _git(self.root, "cat-file", "blob", f"{self.commit}:{name}")
        return None if before is None else before.decode("utf-8", "replace")

    def new_lines(self, path: Path) -> frozenset[int] | None:
        """The lines (from 0) of the file that the revision does not have; None for all of them."""
        name = self._name(path)
        if name is None or self.text_before(path) is None:
            return None
        options = ("--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames")
        diff = _git(self.root, "diff", *options, self.commit, "--", name) or b""
        lines: set[int] = set()
        for line in diff.split(b"\n"):
            hunk = HUNK.match(line)
            if hunk:
                first, count = int(hunk[1]), int(hunk[2] or 1)
                lines.update(range(first - 1, first - 1 + count))
        return frozenset(lines)

    def _name(self, path: Path) -> str | None:
        try:
            return path.resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return None


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git prints; None when it fails."""
    try:
        done = subprocess.run(
            [*GIT, "-C", str(folder), *arguments], capture_output=True, check=False
        )
    except OSError as error:
        raise NoRevision("git is not installed; --diff and --odd need it") from error
    return done.stdout if done.returncode == 0 else None
