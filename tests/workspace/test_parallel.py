"""Work spread over children: all of it is done, and nothing outlives the parent."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slm_lsp.workspace.parallel import spread

ORPHANS = """
import os, sys, time
from slm_lsp.workspace.parallel import spread

def work(n):
    return bytes(300_000)

results = spread(work, range(200), 3)
next(results)
print(os.getpid(), flush=True)
time.sleep(60)
"""


def square(n: int) -> tuple[int, int]:
    return n, n * n


@pytest.mark.parametrize("n_processes", [1, 2, 5])
def test_every_task_is_done_once(n_processes: int) -> None:
    results = list(spread(square, range(100), n_processes))
    assert sorted(results) == [square(n) for n in range(100)]


def test_results_larger_than_a_pipe(tmp_path: Path) -> None:
    results = list(spread(lambda n: bytes([n]) * 1_000_000, range(6), 2))
    assert sorted(one[0] for one in results) == list(range(6))


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="Linux gives larger pipes")
def test_a_child_works_on_while_nobody_takes_its_results(tmp_path: Path) -> None:
    def work(n: int) -> bytes:
        (tmp_path / str(n)).touch()
        return bytes(300_000)

    results = spread(work, range(4), 1)
    next(results)
    give_up_at = time.monotonic() + 20
    while not (tmp_path / "3").exists() and time.monotonic() < give_up_at:
        time.sleep(0.02)
    assert (tmp_path / "3").exists() and len(list(results)) == 3


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_children_end_when_their_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-c", ORPHANS], stdout=subprocess.PIPE, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        group = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        give_up_at = time.monotonic() + 20
        while in_group(group) and time.monotonic() < give_up_at:
            time.sleep(0.02)
        assert in_group(group) == []


def in_group(group: int) -> list[int]:
    """Living processes of a process group."""
    found: list[int] = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z" and int(fields[2]) == group:
            found.append(int(status.parent.name))
    return found
