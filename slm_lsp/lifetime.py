"""Ending with the editor: a server whose parent has gone is of no use to anyone."""

import asyncio
import logging
import os
from collections.abc import Callable

LOG = logging.getLogger("slm_lsp.lifetime")

# Where the kernel cannot tell us, we look now and then.
POLL_S = 3.0


def watch_parent(pid: int, on_death: Callable[[], None]) -> None:
    """Call `on_death` when the process `pid` ends.

    A process that does not exist to begin with is not watched: in a container, the editor's id
    is one of another world, and the end of stdin tells of its death as well.
    """

    def died() -> None:
        LOG.warning("the editor has ended without saying exit")
        on_death()

    if not is_alive(pid):
        LOG.info("the editor's process %d is not to be seen from here", pid)
        return
    try:
        _tell_by_handle(os.pidfd_open(pid), died)
    except ProcessLookupError:
        died()
    except (AttributeError, OSError):  # not Linux, or a kernel before 5.3
        _tell_by_polling(pid, died)


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


def _tell_by_handle(handle: int, died: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()

    def ended() -> None:
        loop.remove_reader(handle)
        os.close(handle)
        died()

    loop.add_reader(handle, ended)


def _tell_by_polling(pid: int, died: Callable[[], None]) -> None:
    def look() -> None:
        if is_alive(pid):
            loop.call_later(POLL_S, look)
        else:
            died()

    loop = asyncio.get_running_loop()
    look()
