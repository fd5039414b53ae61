"""Runs a piece of Python in a process of its own, because a sandbox cannot be left again."""

import subprocess
import sys
from pathlib import Path

WORKER = "from slm_lsp.sandbox import *; print(enter_worker_sandbox({model!r}).level, flush=True)"
SERVER = (
    "from slm_lsp.sandbox import *; print(enter_server_sandbox([Path({own!r})]).level, flush=True)"
)


def run(*lines: str, env: dict[str, str] | None = None) -> list[str]:
    """What the lines print. Standard output is a pipe: the worker may not write to files."""
    code = "\n".join(("import ctypes, os, sys", "from pathlib import Path", *lines))
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60, env=env
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def in_worker(*lines: str, model: Path | str = "/nowhere.gguf") -> list[str]:
    return run(WORKER.format(model=str(model)), *lines)[1:]


def in_server(*lines: str, own: Path) -> list[str]:
    return run(SERVER.format(own=str(own)), *lines)[1:]


def errno_of(statement: str) -> str:
    """A line that prints the errno with which the statement fails, or "done"."""
    return f"""
try:
    {statement}
except OSError as error:
    print(type(error).__name__, error.errno)
else:
    print("done")
"""
