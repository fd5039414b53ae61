"""Trying to get out, from inside: what `slm-lsp doctor --prove-offline` runs in both processes.

No attempt sends anything where nothing holds it back: a socket that could be made is closed
again and reported, and is never connected to anywhere off the machine.
"""

import errno
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from slm_lsp.sandbox import raw
from slm_lsp.sandbox.enter import current
from slm_lsp.sandbox.guard import Refused
from slm_lsp.sandbox.level import PYTHON

# Addresses and a name that documents may use, and that belong to nobody.
ADDRESS, ADDRESS_6, NAME, PORT = "192.0.2.1", "2001:db8::1", "example.invalid", 443
FAMILIES = {"UDP": 2, "IPv6": 10, "local": 1, "netlink": 16, "vsock": 40}
CURL = ("-s", "--max-time", "3", f"http://{ADDRESS}/")


class Kind(StrEnum):
    """What would be lost."""

    NETWORK = "network"
    PROGRAM = "program"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way out, and what happened."""

    name: str
    kind: Kind
    refused: bool
    mechanism: str | None  # who refused
    errno: str | None  # such as EPERM
    detail: str


class WayOut(Exception):
    """Nothing holds this back. Nothing was sent."""


def attempts() -> Iterator[Attempt]:
    """Every way out that we know. `libc` goes past Python, where only the kernel can refuse."""
    families = FAMILIES if sys.platform == "linux" else {"UDP": 2, "IPv6": socket.AF_INET6}
    for family, number in families.items():
        yield _try(f"{family} socket, libc", lambda n=number: _raw_socket(n))
    yield _try("UDP socket, libc, new thread", lambda: _in_a_thread(lambda: _raw_socket(2)))
    yield _try("TCP connect, libc", lambda: _raw_connect(raw.ipv4(ADDRESS, PORT)))
    yield _try("IPv6 TCP connect, libc", lambda: _raw_connect(raw.ipv6(ADDRESS_6, PORT)))
    yield _try("DNS lookup, libc", _raw_lookup)
    if sys.platform == "linux":
        yield _try("io_uring, libc", _io_uring)
    yield _try("TCP, Python", lambda: _python_socket(socket.AF_INET, socket.SOCK_STREAM))
    yield _try("UDP, Python", lambda: _python_socket(socket.AF_INET, socket.SOCK_DGRAM))
    yield _try("IPv6, Python", lambda: _python_socket(socket.AF_INET6, socket.SOCK_STREAM))
    yield _try("DNS lookup, Python", _python_lookup)
    yield _try("curl, Python", _python_curl, Kind.PROGRAM)
    yield _try("curl, libc", _raw_curl, Kind.PROGRAM)
    yield _try("write elsewhere, Python", _python_write, Kind.FILE)
    yield _try("write elsewhere, libc", _raw_write, Kind.FILE)


def _try(name: str, way_out: Callable[[], str], kind: Kind = Kind.NETWORK) -> Attempt:
    """`way_out` raises what refused it; what it returns says how it was refused otherwise."""
    try:
        detail, number, mechanism = way_out(), None, _kernel()
    except WayOut as way:
        return Attempt(name, kind, False, None, None, str(way))
    except Refused as refused:
        detail, number, mechanism = refused.what, refused.errno, PYTHON
    except OSError as error:
        detail, number = str(error.strerror), error.errno
        mechanism = _kernel(number)
    symbol = errno.errorcode.get(number) if number else None
    return Attempt(name, kind, True, mechanism, symbol, detail)


def _kernel(number: int | None = None) -> str:
    """Which of the kernel's mechanisms gives this answer."""
    sandbox = current()
    names = sandbox.network + sandbox.files if sandbox else ()
    for name in names:
        if name != PYTHON and (name.startswith("Landlock") == (number == errno.EACCES)):
            return name
    return "the system"


# Past Python.


def _raw_socket(family: int) -> str:
    handle = raw.socket(family)
    try:
        if sys.platform == "darwin":
            # There it is the connection that is refused. Knocking at our own machine tells no one.
            raw.connect(handle, raw.ipv4("127.0.0.1", 9))
    except PermissionError:
        raise
    except OSError:
        pass
    finally:
        os.close(handle)
    raise WayOut("a socket could be created")


def _raw_connect(address: bytes) -> str:
    """With a descriptor that is none: a call that is let through says so, and sends nothing."""
    try:
        raw.connect(-1, address)
    except OSError as error:
        if error.errno != errno.EBADF or sys.platform == "darwin":
            raise
    raise WayOut("the connect call is let through")


def _raw_lookup() -> str:
    if not raw.sockets_are_refused():
        raise WayOut("sockets could be created; no lookup was made")
    answer = raw.lookup(NAME)
    if answer is None:
        raise WayOut(f"{NAME} was found")
    return answer


def _io_uring() -> str:
    """With parameters that are none: a call that is let through says so, and makes no ring."""
    try:
        raw.io_uring_setup()
    except OSError as error:
        if error.errno != errno.EFAULT:
            raise
    raise WayOut("the io_uring_setup call is let through")


def _raw_curl() -> str:
    status = raw.run(_program(), "--version")
    if status == 127:
        return "could not be started"
    if not raw.sockets_are_refused():
        raise WayOut("a program was started, and could create sockets")
    if raw.run(_program(), *CURL) == 0:
        raise WayOut("a program had an answer")
    return "started, but inherits that sockets are refused"


def _raw_write() -> str:
    path = _elsewhere()
    raw.create(path)
    path.unlink()
    raise WayOut(f"{path.parent} could be written to")


def _in_a_thread(way_out: Callable[[], str]) -> str:
    """The same in a thread that is younger than the sandbox."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            way_out()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    raise raised[0]


# As Python code would, by mistake or from a dependency.


def _python_socket(family: int, kind: int) -> str:
    with socket.socket(family, kind) as made:
        if sys.platform == "linux":
            raise WayOut("a socket could be created")
        made.settimeout(1.0)
        try:
            made.connect(("::1" if family == socket.AF_INET6 else "127.0.0.1", 9))
        except PermissionError:
            raise
        except OSError:
            pass
        raise WayOut("a socket could be connected to this machine")


def _python_lookup() -> str:
    try:
        _python_socket(socket.AF_INET, socket.SOCK_DGRAM)
    except WayOut:
        raise WayOut("sockets could be created; no lookup was made") from None
    except OSError:
        pass
    socket.getaddrinfo(NAME, PORT)
    raise WayOut(f"{NAME} was found")


def _python_curl() -> str:
    subprocess.run([_program(), "--version"], capture_output=True, timeout=5, check=False)
    raise WayOut("a program was started")


def _python_write() -> str:
    path = _elsewhere()
    with open(path, "x"):
        pass
    path.unlink()
    raise WayOut(f"{path.parent} could be written to")


def _program() -> str:
    return shutil.which("curl") or "/bin/sh"


def _elsewhere() -> Path:
    """A new file in a folder that everybody may write to; removed again."""
    return Path(os.environ.get("TMPDIR", "/tmp"), f"slm-lsp-proof-{os.getpid()}")
