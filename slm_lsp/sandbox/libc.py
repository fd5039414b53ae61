"""The C library, called with errno kept; Linux only."""

import ctypes
import os

from slm_lsp.sandbox.syscalls import Numbers

PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38


class NotHere(Exception):
    """This kernel, machine or container does not offer the mechanism: one clause, why."""


def machine_name() -> str:
    return os.uname().machine


def prctl(option: int, value: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    # Variadic, so the rest must be as wide as the kernel expects it.
    zero = ctypes.c_ulong(0)
    if library.prctl(option, ctypes.c_ulong(value), zero, zero, zero) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {option}: {os.strerror(number)}")


def syscall(call: Numbers, *arguments: object) -> int:
    """The call's result; OSError where it fails."""
    number = getattr(call, machine_name(), None)
    if number is None:
        raise NotHere(f"this machine, {machine_name()}, is not one we know")
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    result = library.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
