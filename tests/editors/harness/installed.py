"""Where scripts/get-editors put the editors, and what to do when one is missing."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Read once: tests run without the user's own XDG folders.
_CACHE = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
CACHE = Path(os.environ.get("SLM_EDITORS_CACHE") or Path(_CACHE) / "slm-lsp-editors")
REQUIRED = frozenset(os.environ.get("SLM_REQUIRE_EDITORS", "").replace(",", " ").split())
# The editors by the names that scripts/get-editors takes, and the command of each.
COMMANDS = {
    "vscode": "code-server",
    "nvim": "nvim",
    "nvim-old": "nvim-old",
    "helix": "hx",
    "emacs": "emacs",
    "vim": "vim",
}


def editor(name: str) -> Path:
    """The editor's command; without it the test is skipped, or fails where it is required."""
    command = CACHE / "bin" / COMMANDS[name]
    if command.exists():
        return command
    missing(name, f"{name} is not installed: scripts/get-editors {name}")


def missing(name: str, reason: str):
    """Skip, or fail where SLM_REQUIRE_EDITORS names the editor (or "all" of them)."""
    if REQUIRED & {name, "all"}:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def tmux() -> str:
    found = shutil.which("tmux")
    return found or missing("all", "tmux is not installed: scripts/get-editors")


def server() -> list[str]:
    """The command that editors start: the one beside the Python that runs the tests."""
    return [str(Path(sys.executable).with_name("slm-lsp"))]


def needs(module: str) -> None:
    """For the top of a test file: skip all of it without this driver, or fail if required."""
    if importlib.util.find_spec(module) is None:
        reason = f"{module} is not installed: pip install 'slm-lsp[test]'"
        if REQUIRED:
            raise ImportError(reason)
        pytest.skip(reason, allow_module_level=True)
