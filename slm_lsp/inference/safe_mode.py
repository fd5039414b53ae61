"""Which model crashed llama.cpp's fast path on this machine: remembered, so it happens once.

The memory is a small JSON file in the user's cache folder. Its key names everything that the
crash depends on, so an update of llama.cpp, another CPU or another model gets a new try.
"""

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from slm_lsp.inference.cpu import cpu_model
from slm_lsp.memory_file import keep

FILE_NAME = "safe-mode.json"


class SafeModeMemory:
    """Remembered crashes. A file that cannot be read or written costs a retry, not a failure."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / FILE_NAME

    def holds(self, key: str) -> bool:
        return key in self._read()

    def remember(self, key: str) -> None:
        keep(self.path, {**self._read(), key: True})

    def _read(self) -> dict[str, bool]:
        try:
            known = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}


def safe_mode_key(sha256: str) -> str:
    """The llama.cpp build, the CPU and the model, in one short string."""
    facts = f"{llama_version()}\n{cpu_model()}\n{sha256}"
    return hashlib.sha256(facts.encode()).hexdigest()[:32]


def llama_version() -> str:
    try:
        return version("llama-cpp-python")
    except PackageNotFoundError:
        return "unknown"
