"""The seccomp filters as classic BPF programs: pure data, so that tests can run them for every
machine without one."""

import errno
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from slm_lsp.sandbox.syscalls import (
    CLONE,
    CLONE3,
    KERNEL,
    NETWORK,
    OTHER_PROCESSES,
    PROGRAMS,
    SOCKETPAIR,
    Numbers,
)

LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS
JUMP_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
JUMP_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
JUMP_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
RETURN = 0x06  # BPF_RET | BPF_K

# struct seccomp_data: number, architecture, instruction pointer, six arguments of 64 bits.
NUMBER, ARCHITECTURE, ARGUMENT_0 = 0, 4, 16

ALLOW = 0x7FFF0000
ERRNO = 0x00050000
# Not EACCES: that is what Landlock answers, and the proof names who refused.
REFUSE = ERRNO | errno.EPERM
# What a kernel without clone3 answers: libc then uses clone, whose flags can be seen.
UNKNOWN = ERRNO | errno.ENOSYS

AF_UNIX = 1
CLONE_THREAD = 0x00010000
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
CLONE_NAMESPACES = 0x7E020000
# The second call table of x86-64: the same calls under other numbers.
X32 = 0x40000000


@dataclass(frozen=True, slots=True)
class Machine:
    """An instruction set: its name in `Numbers`, and the kernel's."""

    name: str
    audit_architecture: int


MACHINES = {
    machine.name: machine
    for machine in (Machine("x86_64", 0xC000003E), Machine("aarch64", 0xC00000B7))
}

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


def server_filter(machine: Machine) -> list[Instruction]:
    """No sockets, and none of the ways around that. Children inherit it."""
    refused = NETWORK | OTHER_PROCESSES | KERNEL
    return [
        *_prologue(machine),
        *_refuse(machine, refused.values()),
        *_only_local_pairs(machine),
        *_clone(machine, (JUMP_ANY_BIT, 1, 0, CLONE_NAMESPACES)),
        (RETURN, 0, 0, ALLOW),
    ]


def worker_filter(machine: Machine) -> list[Instruction]:
    """As the server's, and no process or program can be started: only threads."""
    refused = NETWORK | OTHER_PROCESSES | KERNEL | PROGRAMS
    return [
        *_prologue(machine),
        *_refuse(machine, refused.values()),
        *_only_local_pairs(machine),
        *_clone(machine, (JUMP_ANY_BIT, 0, 1, CLONE_THREAD)),
        (RETURN, 0, 0, ALLOW),
    ]


def assemble(program: Iterable[Instruction]) -> bytes:
    """As an array of struct sock_filter."""
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


def _prologue(machine: Machine) -> list[Instruction]:
    """Refuse every call by another machine's table, and leave the number in the accumulator."""
    return [
        (LOAD_WORD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, machine.audit_architecture),
        (RETURN, 0, 0, REFUSE),
        (LOAD_WORD, 0, 0, NUMBER),
        (JUMP_AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, REFUSE),
    ]


def _refuse(machine: Machine, calls: Iterable[Numbers]) -> list[Instruction]:
    program: list[Instruction] = []
    for call in calls:
        number = getattr(call, machine.name)
        if number is not None:
            program += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE)]
    return program


def _only_local_pairs(machine: Machine) -> list[Instruction]:
    """Two ends in one process: asyncio's own alarm clock, and a child's standard input."""
    return [
        (JUMP_EQUAL, 0, 4, getattr(SOCKETPAIR, machine.name)),
        (LOAD_WORD, 0, 0, ARGUMENT_0),
        (JUMP_EQUAL, 0, 1, AF_UNIX),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    ]


def _clone(machine: Machine, refuse_when_false_jump: Instruction) -> list[Instruction]:
    """`clone` is allowed when the given test, over its flags, jumps by 0."""
    return [
        (JUMP_EQUAL, 0, 1, getattr(CLONE3, machine.name)),
        (RETURN, 0, 0, UNKNOWN),
        (JUMP_EQUAL, 0, 4, getattr(CLONE, machine.name)),
        (LOAD_WORD, 0, 0, ARGUMENT_0),
        refuse_when_false_jump,
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    ]
