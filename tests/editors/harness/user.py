"""A person who has never used any of this on this machine."""

import os
from pathlib import Path

import pytest

# How soon a suggestion comes on a busy machine is not tested here.
PATIENT = "[completion]\nautomatic_deadline_ms = 10000\ninvoked_deadline_ms = 10000\n"
# Nor is how sure the model is of them, but how they are shown.
EVERYTHING_SHOWN = PATIENT + "show_at_least_percent = 0\nn_candidates = 1\n"


def fresh_user(
    home: Path, monkeypatch: pytest.MonkeyPatch, settings: str = EVERYTHING_SHOWN
) -> None:
    """Point everything that programs take for the user's at a folder with these settings only."""
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    for name in [name for name in os.environ if name.startswith(("TMUX", "SLM_LSP_"))]:
        monkeypatch.delenv(name)
    file = home / "config" / "slm-lsp" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(settings)
