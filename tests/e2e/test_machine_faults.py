"""What a machine may refuse a session: disk, watches, locks; and trees and clocks beyond measure.

The kernel refuses for real, in a namespace where whoever runs the tests is root.
"""

import asyncio
import os
import signal
import sqlite3
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from slm_context.index import Index

from slm_lsp.workspace.read_all import index_file
from tests.e2e.test_resilience import is_gone
from tests.support.editor import SERVE, Editor, shown_messages
from tests.support.strace import need

TEXT = "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return "
END = (5, 11)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")


def with_refusal(script: str) -> tuple[str, ...]:
    """The server, after a line of shell that takes something away from it."""
    unshare = need("unshare", "a kernel that lets you make namespaces does")
    inside = ("--map-root-user", "--mount", "sh", "-euc", f'{script}\nexec "$@"', "sh", *SERVE)
    return (unshare, *inside)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with more to say than a small disk holds."""
    root = tmp_path / "work"
    root.mkdir()
    (root / "area.py").write_text(TEXT)
    for n in range(60):
        definitions = [f"def name_{n}_{m}(first, second):\n    return {m}\n" for m in range(40)]
        (root / f"module_{n}.py").write_text("\n\n".join(definitions))
    return root


WITHOUT_CONTEXT = {"slm-lsp": {"context": {"enabled": False}}}
WITH_CONTEXT = {"slm-lsp": {}}


async def begin(editor: Editor, root: Path) -> str:
    """Open the repository and a file in it; the result is the file's URI."""
    await editor.initialize(root=root)
    await editor.ready()
    uri = (root / "area.py").as_uri()
    editor.open(uri, TEXT)
    return uri


async def workspace_state(editor: Editor, *states: str) -> dict:
    """What is known of the repository once it is in one of these states."""
    async with asyncio.timeout(60):
        while (found := (await editor.status())["workspace"])["state"] not in states:  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # it is asked for, not told
    return found


async def end(editor: Editor) -> None:
    """Nobody was bothered more than once, and it ends as it should."""
    assert len(shown_messages(editor)) <= 1
    assert "Traceback" not in editor.stderr
    await editor.shutdown()
    assert await editor.exit_code() == 0


@pytest.mark.slow
async def test_the_disk_is_full(root: Path, clean_environment: Path) -> None:
    """What does not fit is not remembered; suggestions come all the same."""
    home = clean_environment / "data"
    home.mkdir(exist_ok=True)
    full = with_refusal(f"mount -t tmpfs -o size=120k,mode=700 full '{home}'")
    async with Editor.start(command=full) as editor:
        uri = await begin(editor, root)
        found = await workspace_state(editor, "error", "ready")
        assert found["state"] == "error" and "full" in found["message"], found
        (item, *_) = await editor.inline(uri, *END)
        await editor.command(item["command"]["command"], *item["command"]["arguments"])
        editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        assert await editor.inline(uri, *END)
        await end(editor)


async def test_the_log_cannot_be_written(root: Path) -> None:
    """A full disk under the log costs its lines; what waits to be written does not pile up."""
    full = ("--log-level", "debug", "--log-file", "/dev/full")
    async with Editor.start(*full) as editor:
        uri = await begin(editor, root)
        before = own_mib(editor.process.pid)
        for n in range(300):
            editor.insert(uri, END[0], END[1] + n % 40, "a")
            await editor.inline(uri, END[0], END[1] + n % 40 + 1, by_hand=False)
        assert own_mib(editor.process.pid) < before + 50
        (item, *_) = await editor.inline(uri, *END)
        assert item["insertText"]
        await end(editor)


@pytest.mark.slow
async def test_the_disk_is_read_only(root: Path, clean_environment: Path) -> None:
    home = clean_environment / "data"
    home.mkdir(exist_ok=True)
    Index(index_file_in(root)).close()
    script = f"mount --bind '{home}' '{home}'\nmount -o remount,bind,ro '{home}'"
    async with Editor.start(command=with_refusal(script)) as editor:
        uri = await begin(editor, root)
        assert (await workspace_state(editor, "error", "ready"))["state"] == "error"
        (item, *_) = await editor.inline(uri, *END)
        await editor.command(item["command"]["command"], *item["command"]["arguments"])
        await end(editor)


def index_file_in(root: Path) -> Path:
    file = index_file(root)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return file


@pytest.mark.slow
async def test_another_program_locks_the_index(root: Path) -> None:
    """Nothing waits for it, and what was missed is read once it is free again."""
    file = index_file_in(root)
    Index(file).close()
    lock = sqlite3.connect(file, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    async with Editor.start() as editor:
        uri = await begin(editor, root)
        assert await editor.inline(uri, *END)
        found = await workspace_state(editor, "error", "ready")
        assert found["state"] == "error" and "locked" in found["message"], found
        lock.execute("ROLLBACK")
        lock.close()
        (root / ".gitignore").write_text("nothing\n")
        ignored = (root / ".gitignore").as_uri()
        editor.notify("textDocument/didSave", {"textDocument": {"uri": ignored}})
        assert (await workspace_state(editor, "ready"))["files"] == 61
        await end(editor)


async def test_the_index_is_destroyed_while_it_is_open(root: Path) -> None:
    async with Editor.start() as editor:
        uri = await begin(editor, root)
        await workspace_state(editor, "ready")
        assert await editor.inline(uri, *END)
        file = index_file(root)
        for path in file.parent.iterdir():
            path.write_bytes(b"\xa5" * 50_000)
        editor.insert(uri, *END, "name_1_1(")
        await editor.inline(uri, END[0], END[1] + len("name_1_1("))
        editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        other = (root / "other.py").as_uri()
        editor.open(other, TEXT)
        assert await editor.inline(other, *END)
        assert "it is made anew" in editor.stderr, "it was not looked at"
        await end(editor)


async def test_no_more_files_can_be_watched(root: Path) -> None:
    """Said once, in the log; a change of the settings is seen when a file is saved."""
    none_left = with_refusal("echo 0 > /proc/sys/user/max_inotify_instances")
    async with Editor.start(command=none_left) as editor:
        uri = await begin(editor, root)
        assert "settings files are not watched" in editor.stderr
        assert await editor.inline(uri, *END)
        (root / "slm-lsp.toml").write_text("[completion]\nmax_line_tokens = 'many'\n")
        editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        assert (await editor.status())["complaints"]
        await end(editor)


JUMPING = """
import itertools, sys, time
jumps = itertools.cycle((0.0, 3e8, -3e8, 3600.0, -1.0))
now, now_ns = time.time, time.time_ns
time.time = lambda: now() + next(jumps)
time.time_ns = lambda: now_ns() + int(1e9 * next(jumps))
sys.argv = ["slm-lsp", "serve"]
from slm_lsp.cli import main
sys.exit(main())
"""


async def test_a_clock_that_jumps_by_years_at_every_look(root: Path) -> None:
    """How long something takes is never told from the time of day."""
    async with Editor.start(command=(sys.executable, "-P", "-c", JUMPING)) as editor:
        uri = await begin(editor, root)
        for n in range(20):
            editor.insert(uri, END[0], END[1] + n, "a")
            await editor.inline(uri, END[0], END[1] + n + 1, by_hand=False)
        other = (root / "other.py").as_uri()
        editor.open(other, TEXT)
        # Longer than a question is watched for the first time.
        await asyncio.sleep(1.5)
        assert await editor.inline(other, *END)
        assert (await editor.status())["worker"]["restarts"] == 0
        await end(editor)


@pytest.mark.slow
async def test_a_tree_of_a_hundred_thousand_files(tmp_path: Path) -> None:
    """It is read beside the session, not in it; and only for as long as somebody wants it."""
    sources = [tmp_path / f"source_{n}" for n in range(2)]
    for source in sources:
        source.write_text("def name(first):\n    return first\n")
    root = tmp_path / "tree"
    for folder in range(100):
        (root / f"f{folder}").mkdir(parents=True)
        for n in range(1000):
            # No file system allows a hundred thousand links to one file.
            os.link(sources[n % 2], root / f"f{folder}" / f"m{n}.py")
    async with Editor.start() as editor:
        uri = await begin(editor, root)
        started = time.monotonic()
        assert (await editor.status())["workspace"]["state"] == "reading"
        # Answering the question takes part of a second; reading it all, most of a minute.
        assert time.monotonic() - started < 10
        assert await editor.inline(uri, *END)
        await asyncio.sleep(3)
        assert own_mib(editor.process.pid) < 300
        readers = await readers_of(editor)
        for reader in readers:  # a little later it would be done, and end by itself
            os.kill(reader, signal.SIGSTOP)
        editor.notify("workspace/didChangeConfiguration", {"settings": WITHOUT_CONTEXT})
        await ended(readers)
        assert (await editor.status())["workspace"]["state"] == "off"
        editor.notify("workspace/didChangeConfiguration", {"settings": WITH_CONTEXT})
        readers = await readers_of(editor)
        await end(editor)
    await ended(readers)


async def readers_of(editor: Editor) -> list[int]:
    async with asyncio.timeout(30):
        while not (readers := children(editor.process.pid, "indexer")):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return readers


async def ended(processes: list[int]) -> None:
    try:
        async with asyncio.timeout(10):
            while not all(map(is_gone, processes)):  # noqa: ASYNC110 - nothing tells of their end
                await asyncio.sleep(0.05)
    finally:
        for left in processes:
            with suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)


def own_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) / 1024


def children(pid: int, word: str) -> list[int]:
    """Processes that `pid` started, with `word` in their command."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in found if word in Path(f"/proc/{one}/cmdline").read_text()]
