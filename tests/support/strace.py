"""Which sockets a process and all its children made, as strace saw it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# In one system call: making a socket, giving it an address, or sending to one.
NO_ADDRESS = re.compile(r"NULL, 0(?:\)\s+=| <unfinished)|msg_name=NULL")
SOCKET = re.compile(r"\b(socket|connect|bind|sendto|sendmsg|sendmmsg)\((.*)")


def need(program: str, way: str) -> str:
    """The program's path; without it a desk skips the test, and CI is told to install it."""
    found = shutil.which(program)
    if found is None or not _works(found):
        reason = f"needs {program} that may be used; {way}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def strace(trace: Path) -> tuple[str, ...]:
    """What to put before a command."""
    program = need("strace", "scripts/get-strace installs it")
    return (program, "-f", "-qq", "-o", str(trace), "-e", "trace=network")


def sockets(trace: Path) -> list[str]:
    """Every call that made, or tried to make, or used, a socket that is not a local pair's."""
    found: list[str] = []
    for line in trace.read_text().splitlines():
        call = SOCKET.search(line)
        if call is None or _goes_nowhere(*call.groups()):
            continue
        found.append(line)
    return found


def refused(line: str) -> bool:
    """The kernel refused the call, as the filter makes it."""
    return line.endswith("= -1 EPERM (Operation not permitted)")


def _goes_nowhere(name: str, rest: str) -> bool:
    """Sending on a socketpair has no address: asyncio's alarm clock, and a child's input."""
    return name in ("sendto", "sendmsg") and NO_ADDRESS.search(rest) is not None


def _works(program: str) -> bool:
    """Containers may have it, and forbid it."""
    probe = {
        "strace": [program, "-qq", "-e", "trace=none", sys.executable, "-c", ""],
        "unshare": [program, *EMPTY_NETWORK, "true"],
    }[Path(program).name]
    return subprocess.run(probe, capture_output=True).returncode == 0


# In a namespace of its own, where a person who is not root is root; without any interface that
# is up, so that not even the loopback answers.
EMPTY_NETWORK = ("--net",) if os.geteuid() == 0 else ("--map-root-user", "--net")
