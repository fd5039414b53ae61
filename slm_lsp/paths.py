"""The files that URIs name, and those that links lead to."""

import os
from functools import lru_cache
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

# Schemes of documents that are no files themselves, and whose path says where they belong: cells of
# a notebook, and drafts of a file that is not there yet.
BELONGING = ("vscode-notebook-cell", "untitled")


# Of the documents that are open, asked ten times at each key.
@lru_cache(maxsize=64)
def path_of(uri: str) -> Path | None:
    """The file that a URI names; None for documents that are no files, such as untitled ones, and
    for what names none in full."""
    parts = _split(uri)
    return _path(parts) if parts is not None and parts.scheme == "file" else None


@lru_cache(maxsize=64)
def belongs_at(uri: str) -> Path | None:
    """By which path a document belongs to a folder, or to none: its own, its notebook's, or that
    under which it will be saved."""
    parts = _split(uri)
    if parts is None or parts.scheme not in ("file", *BELONGING):
        return None
    return _path(parts) if parts.scheme == "file" or parts.path.startswith("/") else None


def cell_of(uri: str) -> str:
    """Which cell of its notebook a document is; "" for all others."""
    parts = _split(uri)
    return unquote(parts.fragment) if parts is not None and parts.scheme == BELONGING[0] else ""


def is_cell(uri: str) -> bool:
    """Whether a document is part of a notebook: its names may come from other cells, and commands
    such as `%matplotlib inline` and a bare `await` are allowed in it."""
    parts = _split(uri)
    return parts is not None and ("notebook-cell" in parts.scheme or parts.path.endswith(".ipynb"))


def _split(uri: str) -> SplitResult | None:
    try:
        return urlsplit(uri)
    except ValueError:
        return None


def _path(parts: SplitResult) -> Path | None:
    name = unquote(parts.path, errors="surrogateescape")
    if os.name == "nt":
        name = windows_name(unquote(parts.netloc), name)
    path = Path(name)
    return path if "\0" not in name and path.is_absolute() else None


def windows_name(host: str, name: str) -> str:
    """`//wsl$/Ubuntu/a.py` on another machine or in WSL, `c:/a.py` on this one."""
    return f"//{host}{name}" if host not in ("", "localhost") else name.lstrip("/")


def resolved(path: Path) -> Path:
    """Where links lead to; `path` itself where no disk can have such a name."""
    # Not `Path.resolve`, which raises for a loop of links before Python 3.13.
    try:
        return Path(os.path.realpath(path))
    except ValueError:
        return path
