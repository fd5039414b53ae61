"""Handing a filter to the kernel."""

import ctypes
import errno
from collections.abc import Callable, Sequence

from slm_lsp.sandbox.bpf import MACHINES, Instruction, Machine, assemble
from slm_lsp.sandbox.libc import NotHere, machine_name, syscall
from slm_lsp.sandbox.syscalls import SECCOMP

SET_MODE_FILTER = 1
# For every thread of the process, also those that exist already.
TSYNC = 1
# Without it, kernels before 5.16 slow all of the process down against a side channel that
# matters between a just-in-time compiler and its guest, of which there is none here.
SPEC_ALLOW = 4


class SockFilterProgram(ctypes.Structure):
    """`struct sock_fprog`: a filter, and how long it is."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def install(build: Callable[[Machine], Sequence[Instruction]]) -> str:
    """Put a filter over every thread, for good; the mechanism's name. Needs no_new_privs."""
    machine = MACHINES.get(machine_name())
    if machine is None:
        raise NotHere(f"no seccomp filter is written for {machine_name()}")
    code = assemble(build(machine))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = SockFilterProgram(
        len(code) // ctypes.sizeof(ctypes.c_uint64), ctypes.addressof(buffer)
    )
    try:
        failed_thread = syscall(
            SECCOMP,
            ctypes.c_ulong(SET_MODE_FILTER),
            ctypes.c_ulong(TSYNC | SPEC_ALLOW),
            ctypes.byref(program),
        )
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EINVAL):
            raise NotHere("this kernel has no seccomp filters") from error
        raise NotHere(f"seccomp answered: {error.strerror}") from error
    if failed_thread:
        raise NotHere(f"thread {failed_thread} could not be put under the seccomp filter")
    return "seccomp"
