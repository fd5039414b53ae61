"""The C library's calls, without Python's own checks around them. Each failure is an OSError."""

import ctypes
import os
import socket as python_socket
import struct
import sys
from pathlib import Path

from slm_lsp.sandbox.libc import syscall
from slm_lsp.sandbox.syscalls import NETWORK

AF_UNIX, AF_INET, AF_INET6 = 1, 2, int(python_socket.AF_INET6)
DATAGRAM = 2


def sockets_are_refused() -> bool:
    """Whether the kernel refuses to make any. None is connected."""
    for family in (AF_UNIX, AF_INET, AF_INET6):
        try:
            os.close(socket(family))
        except PermissionError:
            continue
        return False
    return True


def socket(family: int) -> int:
    return _checked(_libc().socket(family, DATAGRAM, 0))


def connect(handle: int, address: bytes) -> None:
    _checked(_libc().connect(handle, address, len(address)))


def ipv4(address: str, port: int) -> bytes:
    packed = python_socket.inet_pton(python_socket.AF_INET, address)
    return _family(AF_INET, 16) + struct.pack(">H4s8x", port, packed)


def ipv6(address: str, port: int) -> bytes:
    packed = python_socket.inet_pton(python_socket.AF_INET6, address)
    return _family(AF_INET6, 28) + struct.pack(">HI16sI", port, 0, packed, 0)


def lookup(name: str) -> str | None:
    """Why the name was not found; None if it was. To be called where sockets are refused."""
    found = ctypes.c_void_p()
    library = _libc()
    code = library.getaddrinfo(name.encode(), None, None, ctypes.byref(found))
    if code == 0:
        library.freeaddrinfo(found)
        return None
    library.gai_strerror.restype = ctypes.c_char_p
    return (library.gai_strerror(code) or b"").decode("utf-8", "replace")


def io_uring_setup() -> None:
    """Without parameters, so that no ring is made."""
    syscall(NETWORK["io_uring_setup"], ctypes.c_uint(1), None)


def run(program: str, *arguments: str) -> int:
    """Start a program with its output thrown away; its exit code."""
    library = _libc()
    words = [program, *arguments]
    argv = (ctypes.c_char_p * (len(words) + 1))(*(os.fsencode(word) for word in words), None)
    environment = (ctypes.c_char_p * 1)(None)
    actions = ctypes.create_string_buffer(256)  # larger than any posix_spawn_file_actions_t
    library.posix_spawn_file_actions_init(actions)
    for handle in (1, 2):
        library.posix_spawn_file_actions_addopen(
            actions, handle, os.fsencode(os.devnull), os.O_WRONLY, 0
        )
    pid = ctypes.c_int()
    number = library.posix_spawn(
        ctypes.byref(pid), os.fsencode(program), actions, None, argv, environment
    )
    library.posix_spawn_file_actions_destroy(actions)
    if number != 0:
        raise OSError(number, os.strerror(number))
    return os.waitstatus_to_exitcode(os.waitpid(pid.value, 0)[1])


def create(path: Path) -> None:
    """Make an empty file that must not exist yet."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    os.close(_checked(_libc().open(os.fsencode(path), flags, ctypes.c_uint(0o600))))


def _family(family: int, size: int) -> bytes:
    """How an address begins; BSD puts its size before."""
    if sys.platform == "darwin":
        return struct.pack("BB", size, family)
    return struct.pack("H", family)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
