"""Ending with the editor: a server whose parent has gone is of no use to anyone."""

import asyncio
import logging
import os
from collections.abc import Callable

LOG = logging.getLogger("slm_lsp.lifetime")

# Where the kernel cannot tell us, we look now and then.
POLL_S = 3.0


async def watch_parent(pid: int, on_death: Callable[[], None]) -> None:
    """Call `on_death` when the process `pid` ends.

    A process that does not exist to begin with is not watched: in a container, the editor's id
    is one of another world, and the end of stdin tells of its death as well.
    """
    if not is_alive(pid):
        LOG.info("the editor's process %d is not to be seen from here", pid)
        return
    try:
        await _exit_of(pid)
    except (AttributeError, OSError):  # not Linux, or a kernel before 5.3
        while is_alive(pid):  # noqa: ASYNC110 - nothing would set an event
            await asyncio.sleep(POLL_S)
    LOG.warning("the editor has ended without saying exit")
    on_death()


def is_alive(pid: int) -> bool:
    if pid <= 0 or os.name == "nt":
        # On Windows, os.kill would end the process instead of looking at it.
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


async def _exit_of(pid: int) -> None:
    loop = asyncio.get_running_loop()
    handle = os.pidfd_open(pid)
    ended = loop.create_future()
    loop.add_reader(handle, lambda: ended.done() or ended.set_result(None))
    try:
        await ended
    finally:
        loop.remove_reader(handle)
        os.close(handle)
