"""The process that reads a repository: started, listened to, and ended with whoever asked."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from slm_lsp.inference.process import PACKAGE_ROOT, start_process
from slm_lsp.places import cache_of
from slm_lsp.workspace.indexer import write_request

BOOT = (
    "import sys; sys.path.append(sys.argv.pop()); "
    "from slm_lsp.workspace.indexer import main; main()"
)
COMMAND = (sys.executable, "-P", "-E", "-c", BOOT, PACKAGE_ROOT)
# How many files of how many are read; 0 of 0 when the reading has ended, in whatever way.
Progress = Callable[[int, int], None]


async def read_all(
    root: Path, include: Sequence[str], exclude: Sequence[str], on_progress: Progress
) -> dict[str, object]:
    """Bring the index of a repository up to date; returns what the process says at its end.

    Raises OSError with the process's own complaint where it failed.
    """
    file = index_file(root)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    process = await start_process(COMMAND)
    assert process.stdin is not None and process.stdout is not None
    assert process.stderr is not None
    outcome: dict[str, object] = {}
    try:
        process.stdin.write(write_request(root, file, include, exclude))
        process.stdin.close()
        errors = asyncio.ensure_future(process.stderr.read())
        async for line in process.stdout:
            said = json.loads(line)
            if "of" in said:
                on_progress(said["done"], said["of"])
            else:
                outcome = said
        complaint = (await errors).decode("utf-8", "replace").strip()
        if await process.wait() != 0:
            raise OSError(complaint.splitlines()[-1] if complaint else "its process ended")
        return outcome
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def index_file(root: Path) -> Path:
    """Where the index of a repository lies."""
    return cache_of(root, "index") / "index.sqlite"


def is_project(root: Path) -> bool:
    """Whether a folder is somebody's project, and not a home or a whole disk opened by mistake."""
    # By whichever of its names: a home is a link where its disk is another one.
    home, real = (Path(os.path.realpath(path)) for path in (os.path.expanduser("~"), root))
    return os.path.isdir(root) and real != home and real not in home.parents
