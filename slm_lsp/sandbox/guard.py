"""The second line: an audit hook that refuses, inside Python, what the kernel refuses below it.

Where there is no kernel mechanism, it is the only line, and is called a guard, not a sandbox:
native code does not pass through it.
"""

import errno
import os
import socket
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from slm_lsp.sandbox.level import PYTHON

Check = Callable[..., None]

# On Windows asyncio's own alarm clock is a pair of TCP sockets on the loopback interface.
PAIRS_OVER_TCP = not hasattr(socket, "AF_UNIX")
LOOPBACK = ("127.0.0.1", "::1")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Refused(PermissionError):
    """The audit hook's answer."""

    def __init__(self, what: str) -> None:
        super().__init__(errno.EPERM, f"slm-lsp works offline: its {PYTHON} refused {what}")
        self.what = what


def install(*, programs: Iterable[str], own_places: Iterable[Path]) -> str:
    """Refuse the network, all but `programs`, and writing outside `own_places`, for good."""
    checks = _checks(frozenset(programs), tuple(os.path.realpath(path) for path in own_places))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        check = checks.get(event)
        if check is not None:
            check(*arguments)

    sys.addaudithook(hook)
    return PYTHON


def _checks(programs: frozenset[str], own_places: tuple[str, ...]) -> dict[str, Check]:
    def writes(*paths: Any) -> None:
        for path in paths:
            if not _is_own(path, own_places):
                raise Refused("writing a file")

    def opens(path: Any, mode: Any, flags: Any) -> None:
        if isinstance(flags, int) and flags & WRITING:
            writes(path)

    def starts(executable: Any, *_: Any) -> None:
        # None on Windows, where the system itself finds the program in the command line.
        if executable is None or os.fsdecode(executable) not in programs:
            raise Refused("starting a program")

    return {
        "socket.__new__": _socket,
        "socket.connect": _address,
        "socket.bind": _address,
        "socket.sendto": _address,
        "socket.sendmsg": _address,
        **dict.fromkeys(LOOKUPS, _refuse("the network")),
        **dict.fromkeys(STARTS, _refuse("starting a program")),
        "subprocess.Popen": starts,
        # By which `subprocess` starts what it can since Python 3.13.
        "os.posix_spawn": starts,
        "open": opens,
        "os.mkdir": lambda path, mode, dir_fd: writes(path if dir_fd == -1 else -1),
        "os.rmdir": lambda path, dir_fd: writes(path if dir_fd == -1 else -1),
        "os.remove": lambda path, dir_fd: writes(path if dir_fd == -1 else -1),
        "os.truncate": lambda path, length: writes(path),
        "os.rename": lambda old, new, old_fd, new_fd: writes(
            old if old_fd == -1 else -1, new if new_fd == -1 else -1
        ),
        "os.link": lambda old, new, old_fd, new_fd: writes(new if new_fd == -1 else -1),
        "os.symlink": lambda old, new, dir_fd: writes(new if dir_fd == -1 else -1),
    }


LOOKUPS = (
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
    "socket.getnameinfo",
)
STARTS = (
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.spawn",
    "os.startfile",
    "os.startfile/2",
    "os.system",
    "pty.spawn",
)


def _refuse(what: str) -> Check:
    def check(*_: Any) -> None:
        raise Refused(what)

    return check


def _socket(_socket: Any, family: int, *_: Any) -> None:
    if PAIRS_OVER_TCP:
        return  # its address is looked at instead
    # -1: Python asks the system what an inherited descriptor is.
    if family not in (socket.AF_UNIX, -1):
        raise Refused("a socket")


def _address(_socket: Any, address: Any) -> None:
    if address is None:  # sendmsg on a pair's end
        return
    if PAIRS_OVER_TCP and isinstance(address, tuple) and address[0] in LOOPBACK:
        return
    raise Refused("the network")


def _is_own(path: Any, own_places: tuple[str, ...]) -> bool:
    if isinstance(path, int):  # an open descriptor was checked when it was opened
        return True
    real = os.path.realpath(os.fsdecode(path))
    return real == os.devnull or any(
        real == place or real.startswith(place + os.sep) for place in own_places
    )
