"""Where things lie on this machine. The environment is read at each call: tests move it."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

APP = "slm-lsp"
# The home of those who have none, as Debian calls it: nothing is there, and nothing is kept there.
NOWHERE = Path("/nonexistent")


def home() -> Path:
    """The folder of everything that is kept: `SLM_LSP_HOME`, or the platform's data folder."""
    chosen = os.environ.get("SLM_LSP_HOME")
    return in_full(chosen) if chosen else _usual(platformdirs.user_data_path)


def shared_homes() -> tuple[Path, ...]:
    """Stores that are only read, from `SLM_LSP_SHARED`, separated as in PATH."""
    listed = os.environ.get("SLM_LSP_SHARED", "")
    return tuple(in_full(entry) for entry in listed.split(os.pathsep) if entry)


def cache_folder() -> Path:
    """What can be thrown away at any time."""
    chosen = os.environ.get("SLM_LSP_HOME")
    return home() / "cache" if chosen else _usual(platformdirs.user_cache_path)


def own_folders() -> tuple[Path, Path]:
    """Where our processes may write, whatever else the sandbox takes away."""
    return home(), cache_folder()


def cache_of(root: Path, kind: str) -> Path:
    """Where what is made of one repository lies, by its kind: never in the repository."""
    name = hashlib.sha256(str(root).encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return cache_folder() / kind / name


def user_config_file() -> Path:
    """The person's own settings: `SLM_LSP_CONFIG`, or in the platform's config folder."""
    chosen = os.environ.get("SLM_LSP_CONFIG")
    return in_full(chosen) if chosen else _usual(platformdirs.user_config_path) / "config.toml"


def in_full(path: str) -> Path:
    """The place that a person named, in full: our processes have other current folders.

    A `~` of somebody who does not exist stays what it is; `Path.expanduser` would raise.
    """
    return Path(os.path.expanduser(path)).absolute()


def _usual(find: Callable[..., Path]) -> Path:
    """The platform's folder. In containers there are people without a home."""
    try:
        found = find(APP, False)
    except RuntimeError:
        return NOWHERE / APP
    return found if found.is_absolute() else NOWHERE / APP
