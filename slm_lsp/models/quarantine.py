"""Files that crashed llama.cpp are not tried again with the same llama.cpp.

One note for each file, by hash, so that two servers never write the same file at once.
"""

import json
import signal
from importlib.metadata import PackageNotFoundError, version

from slm_lsp.models.manifest import bundled_model
from slm_lsp.models.store import replace_text
from slm_lsp.models.types import ModelFile
from slm_lsp.places import home

# Signals of a program that did something impossible. Others, such as SIGKILL from a system that
# ran out of memory, say nothing about the file.
CRASHES = frozenset(
    getattr(signal, name).value
    for name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE")
    if hasattr(signal, name)
)


def quarantine_after_crash(model: ModelFile, exit_code: int) -> str | None:
    """Note that loading `model` ended the process, also in safe mode.

    Returns the sentence for the log and the status, None when the exit says nothing about the
    file. `exit_code` is as in `subprocess`: the negative number of a signal.
    """
    # The adapter is the one that nobody has loaded before: its model serves without it, too.
    suspect, called = (model.adapter, "the adapter") if model.adapter else (model, "the model ")
    called += model.name if suspect is model else ""
    if -exit_code not in CRASHES or suspect.sha256 == bundled_model().sha256:
        return None
    name = signal.Signals(-exit_code).name
    try:
        folder = home() / "quarantine"
        folder.mkdir(parents=True, exist_ok=True)
        note = {"name": called, "signal": name, "llama_cpp": _llama_cpp_version()}
        replace_text(folder / f"{suspect.sha256}.json", json.dumps(note) + "\n")
    except OSError:
        pass  # it will be tried once more at the next start
    return _sentence(called, suspect.sha256, name)


def why_quarantined(sha256: str) -> str | None:
    """Why this file may not be loaded; None when it may."""
    try:
        note = json.loads((home() / "quarantine" / f"{sha256}.json").read_text(encoding="utf-8"))
        if note["llama_cpp"] != _llama_cpp_version():
            return None
        return _sentence(str(note["name"])[:100], sha256, str(note["signal"])[:20])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def release(sha256: str) -> bool:
    """Let the file be tried again; whether it was in quarantine."""
    try:
        (home() / "quarantine" / f"{sha256}.json").unlink()
    except OSError:
        return False
    return True


def _sentence(called: str, sha256: str, signal_name: str) -> str:
    return (
        f"{called} ({sha256[:12]}…) crashed llama.cpp with {signal_name} while loading and "
        f"is in quarantine; choose another, or try again after "
        f"`slm-lsp models verify {sha256[:12]} --release`"
    )


def _llama_cpp_version() -> str:
    try:
        return version("llama-cpp-python")
    except PackageNotFoundError:
        return "none"
