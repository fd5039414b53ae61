"""All end-to-end tests under strace, and in a network namespace without any interface.

    python -m tests.sandbox.whole_suite                          # both, some ten minutes
    python -m tests.sandbox.whole_suite tests/e2e/test_sync.py   # of these tests

Every test run does this for one whole session (`test_nothing_leaves`); this does it for everything
that the tests do with the server, and says how many processes of which kind it saw.
"""

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.support.strace import EMPTY_NETWORK, need, refused, sockets

# What sees source, by what stands in its command line.
ROLES = {
    "inference process": "slm_lsp.inference.worker",
    "reader of the repository": "slm_lsp.workspace.indexer",
    "server": "serve",
}
EXEC = re.compile(r'execve\("[^"]*", \[(.*?)\](?:, 0x|$)')
CHILD = re.compile(r"\b(?:clone3?|v?fork)\(.*= (\d+)$")
# Some tests want a network themselves: a loopback is one that leads nowhere.
LOOPBACK_UP = 'ip link set lo up 2>/dev/null; exec "$@"'


def traced(tests: list[str]) -> int:
    """Every socket that was made or tried; the result is how many were not refused."""
    program = need("strace", "scripts/get-strace installs it")
    with tempfile.TemporaryDirectory(prefix="slm-lsp-strace-") as folder:
        options = ("-ff", "-qq", "-s", "2000", "-e", "trace=network,process", "-o", f"{folder}/t")
        code = subprocess.run([program, *options, *pytest_command(tests)]).returncode
        roles = roles_of(Path(folder))
        processes: Counter[str] = Counter()
        tried: Counter[str] = Counter()
        open_ways: list[str] = []
        for pid, role in roles.items():
            trace = Path(folder) / f"t.{pid}"
            processes[role] += "execve(" in trace.read_text()
            found = sockets(trace)
            tried[role] += len(found)
            open_ways += [f"{role}: {line}" for line in found if not refused(line)]
    for role in ROLES:
        print(f"{processes[role]} times a {role}: {tried[role]} sockets tried, as each does once")
    print(f"{len(open_ways)} that the kernel did not refuse; pytest said {code}")
    print("\n".join(open_ways))
    return len(open_ways) + (code != 0) + (not processes["server"])


def roles_of(folder: Path) -> dict[int, str]:
    """The threads and processes that see source, by the command that they belong to."""
    commands: dict[int, str] = {}
    parents: dict[int, int] = {}
    for trace in folder.iterdir():
        pid = int(trace.suffix[1:])
        for line in trace.read_text(errors="replace").splitlines():
            if (started := EXEC.search(line)) and line.endswith("= 0"):
                commands[pid] = started.group(1)
            elif made := CHILD.search(line):
                parents[int(made.group(1))] = pid
    found: dict[int, str] = {}
    for trace in folder.iterdir():
        pid = at = int(trace.suffix[1:])
        while at not in commands and at in parents:
            at = parents[at]
        words = commands.get(at, "")
        role = next((role for role, word in ROLES.items() if word in words), None)
        if role is not None and "pytest" not in words:
            found[pid] = role
    return found


def without_network(tests: list[str]) -> int:
    """pytest's code, where there is no network but a loopback of its own."""
    unshare = need("unshare", "a kernel that lets you make network namespaces does")
    inside = (unshare, *EMPTY_NETWORK, "--", "sh", "-c", LOOPBACK_UP, "sh")
    code = subprocess.run([*inside, *pytest_command(tests)]).returncode
    print(f"in an empty network namespace, pytest said {code}")
    return code


def pytest_command(tests: list[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]


def main(tests: list[str]) -> int:
    tests = tests or ["tests/e2e"]
    return min(1, traced(tests) + without_network(tests))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
