"""Starting the inference process: isolated from the workspace, the environment and the terminal."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path

import slm_lsp

# The child imports nothing from the folder it is started in (-P) and takes no orders from
# PYTHON… variables (-E). Our own package root comes last, for a source tree that is not
# installed: nothing there can shadow an installed module.
BOOT = (
    "import sys; sys.path.append(sys.argv.pop()); from slm_lsp.inference.worker import main; main()"
)
PACKAGE_ROOT = str(Path(slm_lsp.__file__).resolve().parent.parent)
WORKER_COMMAND = (sys.executable, "-P", "-E", "-c", BOOT, PACKAGE_ROOT)

KEPT_VARIABLES = (
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TEMP", "TMP",
    "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LLAMA_CPP_LIB_PATH",
    "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
)  # fmt: skip
SET_VARIABLES = {
    # Threads that wait for each other sleep instead of spinning. With both cores busy,
    # spinning made a prompt of 900 tokens take six times as long.
    "OMP_WAIT_POLICY": "passive",
    # numpy's linear algebra is not used: no threads and no arenas for it.
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


async def start_process(command: Sequence[str] = WORKER_COMMAND) -> Process:
    return await asyncio.create_subprocess_exec(
        *command,
        # Said twice, since on Windows the audit hook of the sandbox hears of nothing else.
        executable=command[0],
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=sys.prefix,
        env=clean_environment(os.environ),
        # A Ctrl-C in the terminal is the server's to handle; the child ends when its pipe closes.
        start_new_session=True,
    )


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    kept = {name: environment[name] for name in KEPT_VARIABLES if name in environment}
    return kept | SET_VARIABLES
