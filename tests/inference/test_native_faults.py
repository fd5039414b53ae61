"""The real inference process, with the bundled model, when memory ends or native code does not."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from slm_lsp.errors import WorkerBusy, WorkerDied, WorkerError
from slm_lsp.inference.client import WorkerState
from slm_lsp.inference.process import PACKAGE_ROOT
from slm_lsp.inference.pulse import Limits
from slm_lsp.inference.wire import Done, Generate
from slm_lsp.inference.worker_client import WorkerClient
from slm_lsp.models.manifest import verify_bundled

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="limits and /proc as Linux has them"),
    pytest.mark.model,
]

QUESTION = Generate(1, (("def add(a, b):\n    return a", False),), 8)

# What goes wrong is put in front of `main`. `ONCE` happens in the first process only.
BOOT = """
import ctypes, os, resource, sys
sys.path.append({root!r})
import slm_lsp.inference.llama as llama
import slm_lsp.inference.worker as worker
from slm_lsp.sandbox import *

def vm_bytes():
    return int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()

def on_question(what):
    real = worker.Worker._answer
    def answer(self, job):
        what()
        return real(self, job)
    worker.Worker._answer = answer

def in_decode(what):
    real = worker.Worker.serve
    def serve(self, inbox):
        decode = self._llama.decode
        self._llama.decode = lambda *some, **more: (what(), decode(*some, **more))[1]
        return real(self, inbox)
    worker.Worker.serve = serve

{fault}
worker.main()
"""
# A thread that listens goes on: pings are answered, and no batch ever ends.
STUCK = "in_decode(lambda: ctypes.CDLL(None).pause())"
# Nothing of the process runs any more: native code that does not give back the interpreter's lock.
FROZEN = "in_decode(lambda: ctypes.PyDLL(None).pause())"
NO_MEMORY_TO_LOAD = "resource.setrlimit(resource.RLIMIT_AS, (vm_bytes() + 40_000_000,) * 2)"
# While it answers: what it holds stays, and it gets nothing more.
NO_MEMORY_TO_ANSWER = """
def full():
    resource.setrlimit(resource.RLIMIT_AS, (vm_bytes(),) * 2)
    ballast.append(bytearray(1 << 30))
ballast = []
on_question(full)
"""
LIMITS = Limits(ping_s=0.2, silence_s=3.0, hang_s=6.0, close_s=1.0, back_off_s=(0.0, 0.0))

Made = Callable[..., WorkerClient]


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Made]:
    """`worker(fault)` is a client of a process with that fault, the first time or every time."""
    clients: list[WorkerClient] = []
    model = verify_bundled()
    once = tmp_path / "once"

    def make(fault: str, *, always: bool = False) -> WorkerClient:
        lines = [
            fault if always else f"if not os.path.exists({str(once)!r}):",
            *(
                []
                if always
                else [
                    "    " + line
                    for line in [f"open({str(once)!r}, 'w').close()", *fault.strip().split("\n")]
                ]
            ),
        ]
        client = WorkerClient(
            model.path,
            model.sha256,
            n_ctx=512,
            n_threads=1,
            state_dir=tmp_path,
            limits=LIMITS,
            command=(
                sys.executable,
                "-P",
                "-c",
                BOOT.format(root=PACKAGE_ROOT, fault="\n".join(lines)),
            ),
        )
        # Some CPUs crash without it, which is another test's matter.
        client._memory.holds = lambda key: True  # type: ignore[method-assign]
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.close()


async def ask(client: WorkerClient) -> Done:
    """What it answers does not matter here; that it does is."""
    items = [item async for item in client.generate(QUESTION)]
    assert isinstance(items[-1], Done)
    return items[-1]


async def asked_again(client: WorkerClient) -> Done:
    """The answer of the process that follows."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await ask(client)
            except WorkerBusy:
                await asyncio.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "reason"), [(STUCK, "stuck"), (FROZEN, "silent")], ids=["stuck", "frozen"]
)
async def test_native_code_that_does_not_come_back(worker: Made, fault: str, reason: str) -> None:
    """It is ended, whether or not the rest of the process still answers, and replaced."""
    client = worker(fault)
    await client.start()
    assert client.state is WorkerState.READY, client.detail
    with pytest.raises(WorkerDied, match=reason):
        async with asyncio.timeout(60):
            await ask(client)
    assert (await asked_again(client)).n_prompt
    assert client.restarts == 1


@pytest.mark.slow
async def test_no_memory_to_load_the_model(worker: Made) -> None:
    """One sentence, and no process that is started for ever."""
    client = worker(NO_MEMORY_TO_LOAD, always=True)
    async with asyncio.timeout(120):
        await client.start()
    assert client.state is WorkerState.FAILED
    assert client.detail and "\n" not in client.detail
    assert client.pid is None
    with pytest.raises(WorkerError):
        await ask(client)


@pytest.mark.slow
async def test_no_memory_to_answer(worker: Made) -> None:
    """One suggestion is lost; the next process has memory again."""
    client = worker(NO_MEMORY_TO_ANSWER)
    await client.start()
    assert client.state is WorkerState.READY, client.detail
    with pytest.raises(WorkerError):
        async with asyncio.timeout(60):
            await ask(client)
    assert (await asked_again(client)).n_prompt
