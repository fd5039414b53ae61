"""Folders of its own for what is fuzzed outside of pytest."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_places() -> Iterator[Path]:
    """Nothing that belongs to the person is read or written inside."""
    with tempfile.TemporaryDirectory(prefix="slm-lsp-fuzz-") as folder:
        os.environ["SLM_LSP_HOME"] = f"{folder}/home"
        os.environ["SLM_LSP_CONFIG"] = f"{folder}/config.toml"
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        yield Path(folder)
