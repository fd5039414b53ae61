"""Where things lie on this machine. The environment is read at each call: tests move it."""

import hashlib
import os
from pathlib import Path

import platformdirs

APP = "slm-lsp"


def home() -> Path:
    """The folder of everything that is kept: `SLM_LSP_HOME`, or the platform's data folder."""
    chosen = os.environ.get("SLM_LSP_HOME")
    return Path(chosen).expanduser() if chosen else platformdirs.user_data_path(APP, False)


def shared_homes() -> tuple[Path, ...]:
    """Stores that are only read, from `SLM_LSP_SHARED`, separated as in PATH."""
    listed = os.environ.get("SLM_LSP_SHARED", "")
    return tuple(Path(entry).expanduser() for entry in listed.split(os.pathsep) if entry)


def cache_folder() -> Path:
    """What can be thrown away at any time."""
    chosen = os.environ.get("SLM_LSP_HOME")
    return home() / "cache" if chosen else platformdirs.user_cache_path(APP, False)


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
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_config_path(APP, False) / "config.toml"
