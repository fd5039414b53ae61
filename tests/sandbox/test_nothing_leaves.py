"""A whole session makes no socket, and needs none."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.editor import SERVE, Editor
from tests.support.strace import EMPTY_NETWORK, need, refused, sockets, strace
from tests.support.whole_session import whole_session

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="strace and namespaces are Linux's"),
    pytest.mark.slow,
]


async def test_a_whole_session_makes_no_socket(tmp_path: Path):
    trace = tmp_path / "trace"
    async with Editor.start(command=(*strace(trace), *SERVE)) as editor:
        await whole_session(editor, tmp_path)
    found = sockets(trace)
    # Each process that enters the sandbox tries it, once with each family, and is refused: the
    # server, and the worker at its start, after its crash and after slm.restart; and once more
    # where llama.cpp's fast path crashes on this CPU.
    assert all(refused(line) for line in found), found
    assert len(found) in (3 * 4, 3 * 5)
    assert "socketpair(AF_UNIX" in trace.read_text(), "asyncio's own pair shows that strace saw all"


async def test_a_whole_session_works_without_any_network(tmp_path: Path):
    """Not even a loopback interface."""
    unshare = need("unshare", "a kernel that lets you make network namespaces does")
    async with Editor.start(command=(unshare, *EMPTY_NETWORK, "--", *SERVE)) as editor:
        await whole_session(editor, tmp_path)


def test_an_empty_network_is_empty():
    unshare = need("unshare", "a kernel that lets you make network namespaces does")
    look = "import socket; socket.socket().connect(('127.0.0.1', 9))"
    done = subprocess.run(
        [unshare, *EMPTY_NETWORK, "--", sys.executable, "-c", look], capture_output=True, text=True
    )
    assert "Network is unreachable" in done.stderr


LEAKS = {
    "a socket": "import socket; socket.socket()",
    "a datagram": "import socket; socket.socket(2, 2).sendto(b'', ('127.0.0.1', 9))",
    "a local daemon": "import socket; socket.socket(1).connect_ex('/nowhere')",
    "a child's": "import subprocess, sys; "
    "subprocess.run([sys.executable, '-c', 'import socket; socket.socket(10)'])",
}


@pytest.mark.parametrize("leak", LEAKS)
def test_the_trace_would_show(leak: str, tmp_path: Path):
    """What finds nothing above does find something."""
    trace = tmp_path / "trace"
    subprocess.run([*strace(trace), sys.executable, "-c", LEAKS[leak]], check=True)
    assert [line for line in sockets(trace) if not refused(line)]


def test_without_the_sandbox_the_trace_shows_sockets(tmp_path: Path):
    """The same attempts that are refused in both processes, by a process outside."""
    from slm_lsp.sandbox.inside import command

    for role in ("outside", "server"):
        trace = tmp_path / role
        subprocess.run([*strace(trace), *command(role, "")], capture_output=True, timeout=60)
        made = [line for line in sockets(trace) if not refused(line)]
        assert bool(made) == (role == "outside"), made
