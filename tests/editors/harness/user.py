"""A person who has never used any of this on this machine."""

import os
from pathlib import Path

import pytest


def fresh_user(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point everything that programs take for the user's at an empty folder."""
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    for name in [name for name in os.environ if name.startswith(("TMUX", "SLM_LSP_"))]:
        monkeypatch.delenv(name)
    # What is tested is how suggestions are shown, not how sure the model is of them, nor how soon
    # they come on a busy machine.
    settings = home / "config" / "slm-lsp" / "config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(
        "[completion]\nshow_at_least_percent = 0\nn_candidates = 1\nautomatic_deadline_ms = 10000\n"
    )
