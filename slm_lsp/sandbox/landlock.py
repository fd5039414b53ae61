"""Which files a process may touch, and no TCP: Linux's Landlock, for the calling thread and
every thread and process that it starts."""

import ctypes
import errno
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag
from pathlib import Path

from slm_lsp.sandbox.libc import NotHere, syscall
from slm_lsp.sandbox.syscalls import (
    LANDLOCK_ADD_RULE,
    LANDLOCK_CREATE_RULESET,
    LANDLOCK_RESTRICT_SELF,
)

VERSION = 1  # flag of create_ruleset: tell the version instead
PATH_BENEATH = 1


class Access(IntFlag):
    """What can be done with a file or a folder, as Landlock counts it."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13  # move between folders; version 2
    TRUNCATE = 1 << 14  # version 3
    IOCTL_DEV = 1 << 15  # version 5


READ = Access.READ_FILE | Access.READ_DIR
WRITE = Access((Access.TRUNCATE << 1) - 1) & ~(READ | Access.EXECUTE)
OWN = WRITE & ~(Access.MAKE_CHAR | Access.MAKE_BLOCK | Access.MAKE_SOCK)
# The only ones that a rule about a file, not a folder, may name.
OF_FILES = (
    Access.EXECUTE | Access.WRITE_FILE | Access.READ_FILE | Access.TRUNCATE | Access.IOCTL_DEV
)

BIND_TCP, CONNECT_TCP = 1, 2  # version 4
ABSTRACT_UNIX_SOCKET, SIGNAL = 1, 2  # version 6


class RulesetAttributes(ctypes.Structure):
    """`struct landlock_ruleset_attr` of the kernel."""

    _fields_ = [
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


class PathBeneath(ctypes.Structure):
    """`struct landlock_path_beneath_attr`."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


@dataclass(frozen=True, slots=True)
class Allowed:
    """These places, and all below them, with this access."""

    access: Access
    paths: tuple[Path, ...]


def version() -> int:
    try:
        return syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION))
    except OSError as error:
        why = "is switched off" if error.errno == errno.EOPNOTSUPP else "is missing"
        raise NotHere(f"Landlock {why} in this kernel") from error


def restrict(handled: Access, allowed: Iterable[Allowed]) -> str:
    """Refuse the `handled` kinds of access, but where `allowed`; the mechanism's name.

    Network and signals to other processes are refused as far as this kernel's version can.
    Needs no_new_privs.
    """
    abi = version()
    handled &= _known(abi)
    attributes = RulesetAttributes(
        handled,
        BIND_TCP | CONNECT_TCP if abi >= 4 else 0,
        ABSTRACT_UNIX_SOCKET | SIGNAL if abi >= 6 else 0,
    )
    # Older kernels accept longer structures as long as what they do not know is zero.
    try:
        ruleset = syscall(
            LANDLOCK_CREATE_RULESET,
            ctypes.byref(attributes),
            ctypes.c_size_t(ctypes.sizeof(attributes)),
            ctypes.c_uint32(0),
        )
    except OSError as error:
        raise NotHere(f"Landlock answered: {error.strerror}") from error
    try:
        for one in allowed:
            for path in one.paths:
                _allow(ruleset, path, one.access & handled)
        syscall(LANDLOCK_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    except OSError as error:
        raise NotHere(f"Landlock answered: {error.strerror}") from error
    finally:
        os.close(ruleset)
    return f"Landlock {abi}"


def _known(abi: int) -> Access:
    known = Access((Access.REFER) - 1)
    if abi >= 2:
        known |= Access.REFER
    if abi >= 3:
        known |= Access.TRUNCATE
    if abi >= 5:
        known |= Access.IOCTL_DEV
    return known


def _allow(ruleset: int, path: Path, access: Access) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no rule
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            access &= OF_FILES
        if not access:
            return
        rule = PathBeneath(access, handle)
        syscall(
            LANDLOCK_ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(PATH_BENEATH),
            ctypes.byref(rule),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(handle)
