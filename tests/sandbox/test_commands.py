"""Commands that read source give up what the server gives up: the network, programs, writing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into Linux's /proc")

# The command as its own process, and then what is left to that process.
COMMAND = """
import sys
sys.argv[0] = "slm-lsp"
from slm_lsp.cli import main
code = main()
from slm_lsp.sandbox import raw
print("left:", code, raw.sockets_are_refused(), file=sys.stderr)
"""


def left_after(folder: Path, *arguments: str) -> str:
    """Of a command: its exit code, and whether its process can make no socket."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", COMMAND, *arguments],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stderr.splitlines()[-1]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """With one commit, and an error that came since."""
    git = ("git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c")
    (tmp_path / "a.py").write_text("x = 1\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *arguments], check=True)
    (tmp_path / "a.py").write_text("x = 1\ny = (\n")
    return tmp_path


@pytest.mark.parametrize("arguments", [("a.py",), ("--diff", "HEAD"), ("--rules",)])
def test_check(repository: Path, arguments: tuple[str, ...]) -> None:
    found = 0 if "--rules" in arguments else 1
    assert left_after(repository, "check", *arguments) == f"left: {found} True"


@pytest.mark.model
def test_complete(repository: Path) -> None:
    code, refused = left_after(repository, "complete", "a.py:1:5").split()[1:]
    assert code in "03" and refused == "True"


def test_git_starts_nothing_of_the_repository(repository: Path) -> None:
    """A filter or a hook of a foreign repository is a program like any other."""
    ran = repository / "ran"
    config = f'[filter "x"]\n\tclean = "touch {ran}; cat"\n\trequired = true\n'
    with (repository / ".git/config").open("a") as file:
        file.write(config)
    (repository / ".gitattributes").write_text("*.py filter=x\n")
    hook = repository / ".git/hooks/post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    # As an archive leaves it: git has to look into the file to see whether it changed.
    os.utime(repository / "a.py", (1, 1))
    left_after(repository, "check", "--diff", "HEAD")
    assert not ran.exists()
