"""`[privacy] require_sandbox`: where the network is not taken away, no model sees any source."""

import sys
from pathlib import Path

import pytest

from slm_lsp.inference.client import WorkerState
from slm_lsp.inference.process import PACKAGE_ROOT
from slm_lsp.inference.worker_client import WorkerClient
from slm_lsp.models.manifest import verify_bundled
from tests.support.editor import Editor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the mechanisms of Linux")

# As on a system without the mechanisms.
WITHOUT = """
import sys; sys.path.append({root!r})
import slm_lsp.sandbox.enter as e
from slm_lsp.sandbox.libc import NotHere
def missing(*_): raise NotHere("Landlock is missing in this kernel")
e.seccomp.install = e.landlock.restrict = missing
"""
SERVE = "from slm_lsp.cli import main; sys.argv = ['slm-lsp', 'serve']; main()"
WORK = "from slm_lsp.inference.worker import main; main()"
OPTIONS = {"slm-lsp": {"privacy": {"require_sandbox": True}}}


def without_kernel(then: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-c", WITHOUT.format(root=PACKAGE_ROOT) + then)


@pytest.mark.parametrize("required", [False, True])
async def test_the_worker_loads_nothing(tmp_path: Path, required: bool):
    model = verify_bundled()
    client = WorkerClient(
        model.path,
        model.sha256,
        n_ctx=256,
        n_threads=1,
        state_dir=tmp_path,
        require_sandbox=required,
        command=without_kernel(WORK),
    )
    await client.start()
    try:
        assert client.state is (WorkerState.FAILED if required else WorkerState.READY)
        if required:
            assert "privacy.require_sandbox" in client.detail
            assert "Landlock is missing in this kernel" in client.detail
        else:
            assert client.sandbox.startswith("guard: ")
    finally:
        await client.close()


async def test_the_server_serves_nothing():
    async with Editor.start(command=without_kernel(SERVE)) as editor:
        await editor.initialize(options=OPTIONS)
        await editor.wait_until(lambda: editor.last_state == "error")
        status = await editor.status()
        assert "privacy.require_sandbox" in status["message"]
        assert status["worker"]["pid"] is None
        editor.open("file:///a.py", "def add(a, b):\n    return ")
        assert await editor.inline("file:///a.py", 1, 11) == []


async def test_where_there_is_one_it_serves():
    async with Editor.start() as editor:
        await editor.initialize(options=OPTIONS)
        status = await editor.ready()
        assert status["sandbox"].startswith("kernel: ")
        assert status["worker"]["sandbox"].startswith("kernel: ")
