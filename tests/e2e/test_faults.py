"""What the machine does to a session: stopped processes, files that change, disks that refuse."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from slm_lsp.models.manifest import verify_bundled
from tests.support.editor import Editor, shown_messages

URI = "file:///project/area.py"
TEXT = "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return "
END = (5, 11)

linux = pytest.mark.skipif(sys.platform != "linux", reason="maps files and folders as Linux does")


@linux
@pytest.mark.slow
async def test_a_stopped_inference_process_is_replaced(suggesting: Editor) -> None:
    """It does not answer pings, so after ten seconds it is given up: one suggestion is lost."""
    pid = (await suggesting.status())["worker"]["pid"]
    suggesting.open(URI, TEXT)
    n_told = len(suggesting.states)
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    lost = suggesting.ask_inline(URI, *END)
    assert await suggesting.status(), "the server answers meanwhile"
    assert time.monotonic() - started < 5
    assert (await suggesting.answer(lost, within_s=20))["items"] == []
    await suggesting.wait_until(lambda: "loading" in suggesting.states[n_told:])
    await suggesting.ready()
    suggesting.open("file:///project/next.py", TEXT)
    assert await suggesting.inline("file:///project/next.py", *END)
    assert (await suggesting.status())["worker"]["restarts"] == 1
    assert shown_messages(suggesting) == []


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model of the user's own, that others may write to."""
    return shutil.copy(verify_bundled().path, tmp_path / "own.gguf")


async def with_model(editor: Editor, model: Path) -> None:
    await editor.initialize(options={"slm-lsp": {"model": {"path": str(model)}}})
    await editor.ready()
    editor.open(URI, TEXT)
    assert await editor.inline(URI, *END)


@linux
async def test_the_model_is_cut_short_while_it_is_mapped(raw: Editor, model: Path) -> None:
    """Reading past the end is SIGBUS, in the process that may die of it."""
    await with_model(raw, model)
    os.truncate(model, 4096)
    raw.open("file:///project/next.py", TEXT)
    assert await raw.inline("file:///project/next.py", *END) == []
    await raw.wait_until(lambda: raw.last_state == "error")
    assert await raw.status()
    assert len(shown_messages(raw)) <= 1


@linux
async def test_the_model_is_replaced_while_it_is_mapped(raw: Editor, model: Path) -> None:
    """What is mapped stays what it was, as package managers count on."""
    await with_model(raw, model)
    other = model.with_name("other")
    other.write_bytes(b"no model")
    os.replace(other, model)
    raw.open("file:///project/next.py", TEXT)
    assert await raw.inline("file:///project/next.py", *END)


@linux
async def test_a_disk_on_which_no_folder_can_be_made(tmp_path: Path) -> None:
    """As on a read-only disk: nothing is remembered, and suggestions come all the same."""
    workspace = tmp_path / "work"
    workspace.mkdir()
    (workspace / "other.py").write_text(TEXT)
    env = {name: "/proc/slm-lsp" for name in ("SLM_LSP_HOME", "XDG_CACHE_HOME")}
    async with Editor.start(env=env) as editor:
        await editor.initialize(root=workspace)
        await editor.ready()
        editor.open(URI, TEXT)
        assert await editor.inline(URI, *END)
        assert (await editor.status())["workspace"]["state"] == "error"
        assert len(shown_messages(editor)) <= 1
        await editor.shutdown()
        assert await editor.exit_code() == 0
