"""Every module can be imported where there is neither Linux nor POSIX.

No such machine runs these tests. What their Python lacks is taken away from this one: modules,
and what `os`, `signal` and `select` have on POSIX only.
"""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slm_lsp.inference import process
from slm_lsp.sandbox import guard

ROOT = Path(__file__).resolve().parent.parent
PROBE = """
import importlib, pkgutil, sys, types
import asyncio, concurrent.futures.process, ctypes, multiprocessing, os, select, selectors, signal
import socket, subprocess, sysconfig, tempfile
import httpx, llama_cpp, numpy, pathspec, platformdirs, pygls.lsp.server, rich.progress, tomlkit
import rich.table, tree_sitter, watchdog.observers

sysconfig.get_config_vars()
POSIX = ("fcntl", "grp", "pwd", "resource", "termios")
# torch, which only `tune` needs, has a Windows of its own
for name in (*POSIX, "torch"):
    sys.modules[name] = None
sys.modules["msvcrt"] = types.ModuleType("msvcrt")
WINDOWS = {
    signal: {"SIGABRT", "SIGBREAK", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM"},
    select: {"select"},
}
for module, kept in WINDOWS.items():
    for name in set(vars(module)):
        if name.isidentifier() and not name.startswith("__") and name not in kept:
            if name.startswith("SIG") or module is select:
                if name not in ("SIG_DFL", "SIG_IGN", "error"):
                    delattr(module, name)
for name in ("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "fork", "getuid", "nice",
             "pidfd_open", "pread", "sched_getaffinity", "sysconf", "uname", "killpg", "setsid"):
    delattr(os, name)
del socket.AF_UNIX
sys.platform = "win32"

import slm_context, slm_lsp, slm_prompts
for package in (slm_context, slm_lsp, slm_prompts):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if found.name in NOT_THERE:
            continue
        try:
            importlib.import_module(found.name)
        except ModuleNotFoundError as error:
            if error.name in POSIX or not found.name.startswith("slm_lsp.tune."):
                raise SystemExit(f"{found.name}: {error!r}")
        except BaseException as error:
            raise SystemExit(f"{found.name}: {error!r}")
print("all of them")
"""
# Imported by the process that reads a repository, and only where it can fork.
NOT_THERE = ("slm_lsp.workspace.parallel",)


def test_every_module_can_be_imported_on_windows() -> None:
    code = PROBE.replace("NOT_THERE", repr(NOT_THERE))
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert (done.stdout, done.returncode) == ("all of them\n", 0), done.stderr


async def test_windows_is_told_which_program_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """There `subprocess` tells the audit hook what it is given as `executable`, else None."""
    given: dict[str, Any] = {}

    async def start(*command: str, **how: Any) -> None:
        given.update(how)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    await process.start_process()
    starts = guard._checks(frozenset({sys.executable}), ())["subprocess.Popen"]
    starts(given.get("executable"), "", None, None)
    with pytest.raises(guard.Refused):
        starts(None, f"{sys.executable} -c pass", None, None)
