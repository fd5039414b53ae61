"""All end-to-end tests under strace, and in a network namespace without any interface.

    python -m tests.sandbox.whole_suite                          # both, a quarter of an hour
    python -m tests.sandbox.whole_suite tests/e2e/test_sync.py   # of these tests
    python -m tests.sandbox.whole_suite --only trace             # one of both
    python -m tests.sandbox.whole_suite --without-sandbox tests/e2e/test_sync.py

Every test run does this for one whole session (`test_nothing_leaves`); this does it for everything
that the tests do with the server, and says how many processes of which kind it saw. The last way
takes the filter of system calls out, in a copy, and has to find sockets that nobody refused.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.support.strace import EMPTY_NETWORK, need, refused, sockets
from tests.without import Copy, handlings

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
WITHOUT_FILTER = "the sandbox is gone: a trace of the whole session"
# What the program says, and its exit code, when it finds sockets that were made.
LEAKED = 2


def traced(tests: list[str]) -> int:
    """Every socket that was made or tried; LEAKED if one was not refused, 1 if a test failed."""
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
    print("\n".join(open_ways[:20]))
    return LEAKED if open_ways else int(code != 0 or not processes["server"])


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


def traced_without_sandbox(tests: list[str]) -> int:
    """0 when sockets are found where the filter is taken out."""
    filtered = next(one for one in handlings() if one.fault == WITHOUT_FILTER)
    with tempfile.TemporaryDirectory(prefix="slm-lsp-strace-") as folder:
        copy = Copy(Path(folder))
        file = copy.root / filtered.file
        file.write_text(file.read_text("utf-8").replace(filtered.out, filtered.put_in), "utf-8")
        command = [copy.python, "-m", "tests.sandbox.whole_suite", "--only", "trace", *tests]
        code = subprocess.run(command, cwd=copy.root).returncode
    print("without the filter, sockets were", "found" if code == LEAKED else "NOT found")
    return int(code != LEAKED)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tests", nargs="*", default=["tests/e2e"])
    parser.add_argument("--only", choices=("trace", "namespace"))
    parser.add_argument("--without-sandbox", action="store_true", help="it has to be noticed")
    arguments = parser.parse_args(argv)
    tests = arguments.tests
    if arguments.without_sandbox:
        return traced_without_sandbox(tests)
    ways = {"trace": traced, "namespace": without_network}
    return max(way(tests) for name, way in ways.items() if arguments.only in (None, name))


if __name__ == "__main__":
    sys.exit(main())
