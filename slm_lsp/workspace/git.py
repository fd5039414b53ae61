"""Where git keeps what says that a working tree changed, and what it ignores.

In a linked worktree and in a submodule `.git` is a file that names the folder.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from slm_lsp.paths import resolved
from slm_lsp.regular_file import open_regular

# A file of one line; anything longer is no such file.
MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class GitFolders:
    """`own` holds HEAD and index of this working tree, `common` what all of them share."""

    own: Path
    common: Path

    @property
    def watched(self) -> tuple[Path, ...]:
        """Files that change with a checkout, a pull or a stash, and with what is ignored."""
        return self.own / "HEAD", self.own / "index", self.exclude

    @property
    def exclude(self) -> Path:
        """What this machine ignores and does not tell others."""
        return self.common / "info" / "exclude"


def top_of(folder: Path) -> Path | None:
    """Where the working tree that `folder` lies in begins; None where it lies in none."""
    return next((one for one in (folder, *folder.parents) if os.path.lexists(one / ".git")), None)


def git_folders(root: Path) -> GitFolders | None:
    """The folders of the repository whose working tree begins at `root`; None where it does not."""
    own = root / ".git"
    if os.path.isfile(own):
        named = _line(own).removeprefix("gitdir:").strip()
        if not named:
            return None
        own = resolved(root / named)
    if not os.path.isdir(own):
        return None
    common = _line(own / "commondir").strip()
    return GitFolders(own, resolved(own / common) if common else own)


def is_linked_worktree(folder: Path) -> bool:
    """Whether another working tree of a repository begins here; a submodule is none."""
    named = _line(folder / ".git").removeprefix("gitdir:").strip()
    return Path(named).parent.name == "worktrees"


def _line(file: Path) -> str:
    try:
        with open_regular(file) as opened:
            line = opened.read(MAX_BYTES).partition(b"\n")[0].decode("utf-8", "replace")
            return "" if "\0" in line else line
    except (OSError, ValueError):
        return ""
