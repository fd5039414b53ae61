"""The filters, run for both machines on a machine made of Python."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_lsp.sandbox import syscalls
from slm_lsp.sandbox.bpf import (
    ALLOW,
    MACHINES,
    REFUSE,
    UNKNOWN,
    X32,
    assemble,
    server_filter,
    worker_filter,
)
from slm_lsp.sandbox.syscalls import KERNEL, NETWORK, OTHER_PROCESSES, PROGRAMS, Numbers
from tests.support.bpf_machine import run

FILTERS = {"server": server_filter, "worker": worker_filter}
REFUSED = {
    "server": NETWORK | OTHER_PROCESSES | KERNEL,
    "worker": NETWORK | OTHER_PROCESSES | KERNEL | PROGRAMS,
}
# What each process lives on.
NEEDED = {
    "read": Numbers(0, 63),
    "write": Numbers(1, 64),
    "mmap": Numbers(9, 222),
    "mprotect": Numbers(10, 226),
    "munmap": Numbers(11, 215),
    "openat": Numbers(257, 56),
    "futex": Numbers(202, 98),
    "sched_yield": Numbers(24, 124),
    "epoll_create1": Numbers(291, 20),
    "pipe2": Numbers(293, 59),
    "sendto": Numbers(44, 206),  # on the socket that an editor may have made of stdout
    "exit_group": Numbers(231, 94),
    "seccomp": Numbers(317, 277),
    "landlock_restrict_self": Numbers(446, 446),
}
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}

THREAD = 0x3D0F00  # what glibc's pthread_create asks for
VFORK = 0x4111
FORK = 0x1200011
NEW_USER, NEW_NET = 0x10000000, 0x40000000

every_machine = pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda m: m.name)
every_role = pytest.mark.parametrize("role", FILTERS)


def answer(role: str, machine, call: Numbers, *arguments: int) -> int:
    number = getattr(call, machine.name)
    return run(FILTERS[role](machine), machine.audit_architecture, number, arguments)


@every_machine
@every_role
def test_what_is_listed_is_refused(role, machine):
    for name, call in REFUSED[role].items():
        if getattr(call, machine.name) is not None:
            assert answer(role, machine, call) == REFUSE, name


@every_machine
@every_role
def test_what_a_process_lives_on_is_allowed(role, machine):
    for name, call in NEEDED.items():
        assert answer(role, machine, call) == ALLOW, name


@every_machine
@every_role
@given(number=st.integers(0, 1000))
def test_nothing_else_is_refused(role, machine, number):
    listed = {getattr(call, machine.name) for call in REFUSED[role].values()}
    special = {
        getattr(call, machine.name)
        for call in (syscalls.SOCKETPAIR, syscalls.CLONE, syscalls.CLONE3)
    }
    if number not in listed | special:
        assert run(FILTERS[role](machine), machine.audit_architecture, number) == ALLOW


@every_machine
@every_role
@given(number=st.integers(0, 2**32 - 1), architecture=st.integers(0, 2**32 - 1))
def test_no_call_by_another_table_gets_through(role, machine, number, architecture):
    program = FILTERS[role](machine)
    if architecture != machine.audit_architecture:
        assert run(program, architecture, number) == REFUSE
    if number >= X32:
        assert run(program, machine.audit_architecture, number) == REFUSE


@every_machine
@every_role
@given(family=st.integers(0, 64), above=st.integers(0, 2**32 - 1))
def test_pairs_of_sockets_are_local(role, machine, family, above):
    # The kernel looks at the lower half of the argument only.
    found = answer(role, machine, syscalls.SOCKETPAIR, above << 32 | family)
    assert found == (ALLOW if family == 1 else REFUSE)


@every_machine
@pytest.mark.parametrize(
    "role, flags, expected",
    [
        ("server", THREAD, ALLOW),
        ("server", VFORK, ALLOW),
        ("server", FORK, ALLOW),
        ("server", FORK | NEW_USER, REFUSE),
        ("server", THREAD | NEW_NET, REFUSE),
        ("worker", THREAD, ALLOW),
        ("worker", VFORK, REFUSE),
        ("worker", FORK, REFUSE),
        ("worker", FORK | NEW_USER, REFUSE),
    ],
)
def test_which_clones_are_made(machine, role, flags, expected):
    assert answer(role, machine, syscalls.CLONE, flags) == expected


@every_machine
@every_role
def test_clone3_is_unknown_so_that_libc_uses_clone(role, machine):
    assert answer(role, machine, syscalls.CLONE3) == UNKNOWN


@every_machine
@every_role
def test_a_program_is_what_the_kernel_takes(role, machine):
    code = assemble(FILTERS[role](machine))
    assert len(code) % 8 == 0
    assert len(code) // 8 < 4096  # BPF_MAXINSNS


@every_machine
def test_the_numbers_are_the_kernels(machine):
    header = HEADERS[machine.name]
    if not header.exists():
        pytest.skip(f"{header} is not installed")
    lines = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    numbers = {name: int(number) for name, number in lines}
    calls = NETWORK | OTHER_PROCESSES | KERNEL | PROGRAMS | NEEDED
    calls |= {
        "socketpair": syscalls.SOCKETPAIR,
        "clone": syscalls.CLONE,
        "clone3": syscalls.CLONE3,
        "landlock_create_ruleset": syscalls.LANDLOCK_CREATE_RULESET,
        "landlock_add_rule": syscalls.LANDLOCK_ADD_RULE,
    }
    for name, call in calls.items():
        # Headers may be older than a call.
        if name in numbers or getattr(call, machine.name) is None:
            assert getattr(call, machine.name) == numbers.get(name), name
