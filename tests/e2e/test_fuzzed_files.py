"""Mutated settings and model files under a running server: it answers, and says what is wrong.

`SLM_LSP_FUZZ=10 pytest tests/e2e/test_fuzzed_files.py` tries ten times as many.
"""

import os
import random
from pathlib import Path

from slm_lsp.config.starter import starter_text
from slm_lsp.models import bundled_model
from tests.config.test_fuzz import SEED, WORDS
from tests.support.editor import Editor, shown_messages
from tests.support.fuzz import mutated
from tests.support.gguf_files import a_model

URI = "file:///project/area.py"
TEXT = "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return "
TIMES = int(os.environ.get("SLM_LSP_FUZZ", "1"))


async def test_mutated_settings(raw: Editor, tmp_path: Path) -> None:
    path, rng = tmp_path / "slm-lsp.toml", random.Random(1)
    seeds = [SEED, starter_text(bundled_model()).encode()]
    await raw.initialize(root=tmp_path)
    await raw.ready()
    for _ in range(50 * TIMES):
        path.write_bytes(mutated(rng.choice(seeds), seeds, WORDS, rng))
        raw.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})
        assert (await raw.status())["state"] in ("loading", "ready", "busy", "off", "error")
    path.unlink()
    raw.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})
    await raw.wait_until(lambda: raw.last_state == "ready")
    raw.open(URI, TEXT)
    assert await raw.inline(URI, 5, 11)
    shown = shown_messages(raw)
    assert shown and all("\n" not in message and len(message) < 900 for message in shown)


async def test_mutated_models(raw: Editor, tmp_path: Path) -> None:
    rng = random.Random(2)
    seeds = [a_model().bytes(), bundled_model().path.read_bytes()[:300_000]]
    await raw.initialize(root=tmp_path)
    await raw.ready()
    for n in range(20 * TIMES):
        path = tmp_path / f"{n}.gguf"
        path.write_bytes(mutated(rng.choice(seeds), seeds, [], rng))
        n_before = len(raw.notifications)
        settings = {"slm-lsp": {"model": {"path": str(path)}}}
        raw.notify("workspace/didChangeConfiguration", {"settings": settings})
        await raw.wait_until(lambda start=n_before: last_verdict(raw, start))
        message = last_verdict(raw, n_before)
        assert "\n" not in message and len(message) < 900
        path.unlink()
    settings = {"slm-lsp": {"model": {"name": "bundled"}}}
    raw.notify("workspace/didChangeConfiguration", {"settings": settings})
    await raw.wait_until(lambda: raw.last_state == "ready")
    raw.open(URI, TEXT)
    assert await raw.inline(URI, 5, 11)


def last_verdict(editor: Editor, start: int) -> str:
    """What the status says of the file, once it has been tried."""
    told = [n["params"] for n in editor.notifications[start:] if n["method"] == "slm/status"]
    if told and told[-1]["state"] in ("error", "ready"):
        return told[-1]["message"]
    return ""
