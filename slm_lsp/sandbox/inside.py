"""The process that proves: it enters a sandbox as the real one does, and tries to get out.

    python -c BOOT server|worker|outside MODEL PACKAGE_ROOT → one line of JSON for each process

The server's also starts the worker's, in the way in which the real one restarts it, and that of the
reader of repositories, which enters nothing: it is told what it inherits, in place of a model.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import slm_lsp

if TYPE_CHECKING:
    from slm_lsp.sandbox import Sandbox

BOOT = (
    "import sys; sys.path.append(sys.argv.pop()); from slm_lsp.sandbox.inside import main; main()"
)
PACKAGE_ROOT = str(Path(slm_lsp.__file__).resolve().parent.parent)


def command(role: str, model: str) -> list[str]:
    return [sys.executable, "-P", "-E", "-c", BOOT, role, model, PACKAGE_ROOT]


def main() -> None:
    role, model = sys.argv[1:]
    if role == "worker":
        from slm_lsp.sandbox import enter_worker_sandbox

        enter_worker_sandbox(model)
    elif role == "server":
        from slm_lsp.places import own_folders
        from slm_lsp.sandbox import enter_server_sandbox

        enter_server_sandbox(own_folders())
    elif role == "reader":
        from slm_lsp.sandbox.enter import inherit

        inherit(json.loads(model))
    report(role)
    if role == "server":
        from slm_lsp.sandbox import current

        inherited = json.dumps(asdict(current() or no_sandbox()))
        for child, given in (("worker", model), ("reader", inherited)):
            subprocess.run(command(child, given), stdin=subprocess.DEVNULL, check=True)


def report(role: str) -> None:
    from slm_lsp.sandbox import current
    from slm_lsp.sandbox.probe import attempts

    sandbox = current() or no_sandbox()
    # Python's audit hook is not inherited, so the reader's Python has nothing to refuse.
    tried = [one for one in attempts() if role != "reader" or not one.name.endswith(", Python")]
    found = {
        "process": role,
        "pid": os.getpid(),
        "level": sandbox.level,
        "sandbox": sandbox.sentence,
        "attempts": [asdict(attempt) for attempt in tried],
    }
    os.write(1, json.dumps(found).encode() + b"\n")


def no_sandbox() -> "Sandbox":
    from slm_lsp.sandbox import Sandbox

    return Sandbox("server")
