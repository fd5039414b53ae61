"""What the ignore files of one folder say: git's, and those that other tools read, too."""

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pathspec import GitIgnoreSpec

from slm_lsp.globs import compiled
from slm_lsp.regular_file import open_regular
from slm_lsp.workspace.git import git_folders

MAX_IGNORE_BYTES = 1024 * 1024
MAX_IGNORE_LINES = 10_000
IGNORE_FILES = (".gitignore", ".ignore")


class _Stamped(NamedTuple):
    """A file as it is now: with a change of its content or of its rights, it is another one."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int


def ignored_in(folder: Path) -> GitIgnoreSpec | None:
    """What is left out below `folder`, also by the repository that begins there, if one does."""
    files = [os.path.join(folder, name) for name in IGNORE_FILES]
    if (git := _stamped(os.path.join(folder, ".git"))) is not None:
        exclude = _git_exclude(folder, git)
        if exclude is not None:  # weaker than the tree's own files: these may take it back
            files.insert(0, exclude)
    lines: list[str] = []
    for file in files:
        stamped = _stamped(file)
        # Gone since it was looked at, or not to be read just now: looked at again next time.
        with suppress(OSError):
            lines += _lines_of(stamped) if stamped is not None else ()
    return compiled(tuple(lines)) if lines else None


# Rules are made anew for every question, so that they are those of now; opening and reading files
# and compiling what they say is what costs, and is done again only where a file is another one.
@lru_cache(maxsize=256)
def _lines_of(file: _Stamped) -> tuple[str, ...]:
    """What an ignore file says. Raises OSError, which nobody keeps."""
    with open_regular(file.path) as opened:
        # Some editors of Windows begin a file with a mark, which git passes over, too.
        text = opened.read(MAX_IGNORE_BYTES + 1).decode("utf-8-sig", "replace")
    lines = text.splitlines()
    # The last line that was begun may mean something else without its end.
    return tuple(lines[: -1 if file.size > MAX_IGNORE_BYTES else None][:MAX_IGNORE_LINES])


@lru_cache(maxsize=64)
def _git_exclude(root: Path, git: _Stamped) -> str | None:
    """The file of patterns that is not shared, in the repository whose `.git` is as `git` says."""
    folders = git_folders(root)
    return str(folders.exclude) if folders is not None else None


def _stamped(path: str) -> _Stamped | None:
    """None where there is nothing."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return _Stamped(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
