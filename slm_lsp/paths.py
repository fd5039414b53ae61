"""The files that URIs name."""

import os
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit


# Of the documents that are open, asked ten times at each key.
@lru_cache(maxsize=64)
def path_of(uri: str) -> Path | None:
    """The file that a URI names; None for documents that are no files, such as untitled ones, and
    for what names none in full."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file":
        return None
    name = unquote(parts.path, errors="surrogateescape")
    path = Path(name.lstrip("/") if os.name == "nt" else name)
    return path if "\0" not in name and path.is_absolute() else None


def is_cell(uri: str) -> bool:
    """Whether a document is part of a notebook: its names may come from other cells, and commands
    such as `%matplotlib inline` and a bare `await` are allowed in it."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return "notebook-cell" in parts.scheme or parts.path.endswith(".ipynb")
