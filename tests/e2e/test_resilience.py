"""What may go wrong around a session, and what it may cost: one suggestion at most."""

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.support.editor import SERVE, Editor, ServerError

URI = "file:///project/area.py"
TEXT = "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return "
END = (5, 11)
# A request that keeps the model busy for long enough to be interrupted.
LONG = "".join(
    f"def function_{n}(first, second):\n    return first + {n}\n\n\n" for n in range(300)
)
SLOW = {"slm-lsp": {"completion": {"invoked_deadline_ms": 60_000, "max_line_tokens": 1000}}}

# 100 ms of two cores, and two ticks of the clock that counts. An answer to the end costs more than
# a second.
MAX_AFTER_CANCEL_MS = 220

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


def cpu_ms(pid: int) -> float:
    """What the process and its threads have computed so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) * 1000 / os.sysconf("SC_CLK_TCK")


def is_gone(pid: int) -> bool:
    """Whether the process has ended, also where nobody has collected it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def busy(editor: Editor, pid: int) -> None:
    """Wait until the inference process computes."""
    before = cpu_ms(pid)
    async with asyncio.timeout(20):
        while cpu_ms(pid) < before + 30:
            await editor.status()


async def cost_until_idle_ms(pid: int) -> float:
    """What it computes until it computes no more, however slowly a busy machine lets it."""
    before = last = cpu_ms(pid)
    async with asyncio.timeout(20):
        while True:
            await asyncio.sleep(0.3)
            now = cpu_ms(pid)
            # 20 ms are two ticks of the clock that counts: a message or two.
            if now - last <= 20:
                return now - before
            last = now


@pytest.fixture
async def slow(raw: Editor) -> Editor:
    """A session in which a suggestion takes long."""
    await raw.initialize(options=SLOW)
    await raw.ready()
    raw.open(URI, LONG + TEXT)
    return raw


def ask_slow(editor: Editor, n: int) -> int | str:
    """A question that shares no prefix with those of another `n`."""
    editor.change(URI, {"text": f"number = {n}\n" + LONG[n:] + TEXT})
    line = (f"number = {n}\n" + LONG[n:] + TEXT).count("\n")
    return editor.ask_inline(URI, line, END[1])


@linux
async def test_a_cancelled_request_stops_computing_within_100_ms(slow: Editor) -> None:
    pid = (await slow.status())["worker"]["pid"]
    id = ask_slow(slow, 1)
    await busy(slow, pid)
    slow.notify("$/cancelRequest", {"id": id})
    with pytest.raises(ServerError):
        await slow.answer(id, within_s=2)
    assert await cost_until_idle_ms(pid) <= MAX_AFTER_CANCEL_MS


@linux
async def test_superseded_requests_stop_computing(slow: Editor) -> None:
    pid = (await slow.status())["worker"]["pid"]
    ids = []
    for n in range(1, 6):
        ids.append(ask_slow(slow, n))
        await busy(slow, pid)
    slow.notify("$/cancelRequest", {"id": ids[-1]})
    for id in ids[:-1]:
        assert (await slow.answer(id, within_s=2))["items"] == []
    assert await cost_until_idle_ms(pid) <= MAX_AFTER_CANCEL_MS
    assert (await slow.status())["counters"]["superseded"] == 4


@linux
async def test_shutdown_stops_the_model(slow: Editor) -> None:
    pid = (await slow.status())["worker"]["pid"]
    id = ask_slow(slow, 1)
    await busy(slow, pid)
    await slow.shutdown()
    assert await slow.exit_code(within_s=5) == 0
    with pytest.raises(ServerError):
        await slow.answer(id)
    assert is_gone(pid)


@linux
async def test_killing_the_inference_process_costs_one_suggestion(slow: Editor) -> None:
    pid = (await slow.status())["worker"]["pid"]
    lost = ask_slow(slow, 1)
    await busy(slow, pid)
    os.kill(pid, signal.SIGKILL)
    assert (await slow.answer(lost))["items"] == []
    slow.open("file:///project/next.py", TEXT)
    assert await slow.inline("file:///project/next.py", *END)
    worker = (await slow.status())["worker"]
    assert worker["pid"] != pid
    assert worker["restarts"] == 1
    assert [n for n in slow.notifications if n["method"].startswith("window/")] == []


@linux
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM])
async def test_any_other_end_of_the_inference_process(
    suggesting: Editor, number: signal.Signals
) -> None:
    suggesting.open(URI, TEXT)
    pid = (await suggesting.status())["worker"]["pid"]
    n_told = len(suggesting.states)
    os.kill(pid, number)
    await suggesting.wait_until(lambda: "loading" in suggesting.states[n_told:])
    assert await suggesting.inline(URI, *END)


@linux
async def test_what_is_typed_along_does_not_wait_for_the_next_process(suggesting: Editor) -> None:
    suggesting.open(URI, TEXT)
    shown = (await suggesting.inline(URI, *END))[0]["insertText"]
    pid = (await suggesting.status())["worker"]["pid"]
    n_told = len(suggesting.states)
    os.kill(pid, signal.SIGKILL)
    await suggesting.wait_until(lambda: "loading" in suggesting.states[n_told:])
    suggesting.insert(URI, *END, shown[:1])
    rest = await suggesting.inline(URI, END[0], END[1] + 1, by_hand=False)
    assert rest[0]["insertText"] == shown[1:]
    assert "ready" not in suggesting.states[n_told:]


@linux
async def test_the_inference_process_ends_with_the_server(suggesting: Editor) -> None:
    pid = (await suggesting.status())["worker"]["pid"]
    suggesting.process.kill()
    async with asyncio.timeout(10):
        while not is_gone(pid):  # noqa: ASYNC110 - nothing tells of the end of a grandchild
            await asyncio.sleep(0.05)


async def test_restart_on_demand(suggesting: Editor) -> None:
    pid = (await suggesting.status())["worker"]["pid"]
    status = await suggesting.command("slm.restart")
    assert status["worker"]["pid"] not in (None, pid)
    suggesting.open(URI, TEXT)
    assert await suggesting.inline(URI, *END)


async def test_a_cancelled_restart_is_answered_at_once_and_goes_on(suggesting: Editor) -> None:
    id = suggesting.ask("workspace/executeCommand", {"command": "slm.restart"})
    suggesting.notify("$/cancelRequest", {"id": id})
    with pytest.raises(ServerError) as refusal:
        await suggesting.answer(id, within_s=2)
    assert refusal.value.code == -32800
    suggesting.open(URI, TEXT)
    assert await suggesting.inline(URI, *END)


HOSTILE = (
    "context.py", "logging.py", "types.py", "llama_cpp.py", "sitecustomize.py", "usercustomize.py",
    "json.py", "asyncio.py", "slm_lsp.py", "slm_context.py", "slm_prompts.py", "numpy.py",
    "pygls.py", "tree_sitter.py", "signal.py",
)  # fmt: skip


SCRIPT = (str(Path(sys.executable).with_name("slm-lsp")), "serve")


@pytest.mark.parametrize("command", [SCRIPT, SERVE], ids=["console script", "module"])
async def test_a_workspace_with_files_named_like_our_modules(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Nothing in the user's folder is ever imported, or every clone could run its own code."""
    for name in HOSTILE:
        (tmp_path / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit(9)\n")
    async with Editor.start(command=command, cwd=tmp_path) as editor:
        await editor.initialize(root=tmp_path)
        await editor.ready()
        editor.open((tmp_path / "context.py").as_uri(), TEXT)
        assert await editor.inline((tmp_path / "context.py").as_uri(), *END)
    assert not (tmp_path / "ran").exists()


async def test_a_thousand_open_documents(suggesting: Editor) -> None:
    for n in range(1000):
        suggesting.open(f"file:///project/file_{n}.py", TEXT)
    assert await suggesting.inline("file:///project/file_999.py", *END)
    assert len((await suggesting.status(documents=True))["documents"]) == 1000
    for n in range(1000):
        document = {"textDocument": {"uri": f"file:///project/file_{n}.py"}}
        suggesting.notify("textDocument/didClose", document)
    assert (await suggesting.status(documents=True))["documents"] == {}


@pytest.mark.parametrize("filler", ["x", "é", "😀"])
async def test_one_line_of_ten_megabytes(suggesting: Editor, filler: str) -> None:
    n = 10_000_000 // len(filler.encode())
    suggesting.open(URI, f"text = '{filler * n}'")
    for column in (8, 5000):
        suggesting.insert(URI, 0, column, "y")
        assert await suggesting.inline(URI, 0, column + 1) == []
        explained = await suggesting.command("slm.explain")
        assert explained["skip_reason"], "no part of it is put into a prompt"
    small = "file:///project/small.py"
    suggesting.open(small, TEXT)
    assert await suggesting.inline(small, *END)


async def test_a_hundred_edits_and_questions_in_a_burst(suggesting: Editor) -> None:
    suggesting.open(URI, TEXT)
    ids = []
    for n in range(100):
        suggesting.insert(URI, 0, 0, "#" if n else "# ")
        # By hand: what the file says itself is answered at once, and nothing is given up.
        ids.append(suggesting.ask_inline(URI, *END))
    answers = [await suggesting.answer(id) for id in ids]
    assert all(answer["items"] == [] for answer in answers[:-5])
    assert (await suggesting.status())["counters"]["superseded"] > 50
    assert await suggesting.inline(URI, *END)


async def test_the_workspace_is_deleted_under_us(raw: Editor, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "slm-lsp.toml").write_text("[completion]\nmulti_line = false\n")
    await raw.initialize(root=root)
    await raw.ready()
    raw.open((root / "area.py").as_uri(), TEXT)
    shutil.rmtree(root)
    raw.notify("textDocument/didSave", {"textDocument": {"uri": (root / "area.py").as_uri()}})
    assert await raw.inline((root / "area.py").as_uri(), *END)


@pytest.mark.parametrize(
    "odd", ["\ud800", "\udc00x", "\ufeff", "\0", "\x1b[2J", "\u202e", "\r\r\n\x0c"]
)
async def test_characters_that_other_programs_choke_on(suggesting: Editor, odd: str) -> None:
    suggesting.open(URI, f"text = '{odd}'\n" + TEXT)
    line = f"text = '{odd}'\n".replace("\r\n", "\n").replace("\r", "\n").count("\n")
    await suggesting.inline(URI, END[0] + line, END[1])
    explained = await suggesting.command("slm.explain")
    assert explained["prompt"], explained["skip_reason"]
    assert (await suggesting.status())["worker"]["restarts"] == 0
