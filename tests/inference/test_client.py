"""Whatever the child does, the server keeps its word."""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

import pytest

from slm_lsp.errors import WorkerBusy, WorkerDied
from slm_lsp.inference.client import WorkerState
from slm_lsp.inference.process import PACKAGE_ROOT
from slm_lsp.inference.pulse import Limits
from slm_lsp.inference.wire import Chunk, Done, Generate
from slm_lsp.inference.worker_client import WorkerClient
from tests.support import fake_worker

# Patient with a machine that has much else to do; what a test is to run into, it shortens.
PATIENT = Limits(ping_s=0.01, close_s=0.2, back_off_s=(0.0, 0.01))
QUESTION = Generate(5, (("text", False),), 8)


@pytest.fixture
async def worker(tmp_path):
    """`worker("behaviour")` makes a client of a child that behaves so."""
    clients = []

    def make(behaviour: str, *arguments: str, limits: Limits = PATIENT, **more) -> WorkerClient:
        script = str(Path(fake_worker.__file__))
        client = WorkerClient(
            Path("model.gguf"),
            "0" * 64,
            n_ctx=64,
            n_threads=1,
            state_dir=tmp_path / "state",
            limits=limits,
            command=(sys.executable, script, PACKAGE_ROOT, behaviour, *arguments),
            **more,
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.close()


async def ask(client: WorkerClient) -> str:
    items = [item async for item in client.generate(QUESTION)]
    assert isinstance(items[-1], Done)
    assert {item.id for item in items} == {QUESTION.id}
    return "".join(item.text for item in items if isinstance(item, Chunk))


def reaching(client: WorkerClient, state: WorkerState) -> Awaitable[None]:
    """Done the next time that the client changes to this state. Call before, await after."""
    reached = asyncio.Event()
    client.subscribe(lambda now, detail: reached.set() if now is state else None)
    return asyncio.wait_for(reached.wait(), 10)


async def test_a_question_gets_its_answer_under_its_own_id(worker):
    client = worker("well")
    await client.start()
    assert client.state is WorkerState.READY
    assert client.model is not None and client.model.name == "fast"
    assert await ask(client) == "text"
    assert client.restarts == 0 and not client.safe_mode


@pytest.mark.parametrize(
    "behaviour, sentence, limits",
    [
        ("die when asked", "SIGKILL", PATIENT),
        ("garbage when asked", "broke the protocol", PATIENT),
        ("truncate when asked", "bytes into a frame", PATIENT),
        ("stuck", "was stuck", replace(PATIENT, hang_s=1.0)),
        ("silent", "was silent", replace(PATIENT, silence_s=1.0)),
    ],
)
async def test_a_death_costs_one_suggestion_and_the_next_one_arrives(
    worker, tmp_path, behaviour, sentence, limits
):
    client = worker(behaviour, str(tmp_path / "happened"), limits=limits)
    await client.start()
    first_pid = client.pid
    ready_again = reaching(client, WorkerState.READY)
    with pytest.raises(WorkerDied, match=sentence):
        await ask(client)
    await ready_again
    assert await ask(client) == "text"
    assert client.restarts == 1
    assert client.pid != first_pid
    assert not client.safe_mode


async def test_a_model_that_nobody_knows_how_to_ask_is_given_up_with_the_reason(worker, caplog):
    caplog.set_level(logging.WARNING)
    client = worker("well", why_useless=lambda model: f"nobody knows {model.name}")
    await client.start()
    assert (client.state, client.detail) == (WorkerState.FAILED, "nobody knows fast")
    assert client.model is None and client.pid is None
    assert not caplog.records, "who asked for it says so"
    with pytest.raises(WorkerDied, match="nobody knows fast"):
        await ask(client)


@pytest.mark.parametrize("behaviour", ["crash while loading", "crash in the first decode"])
async def test_a_crash_before_the_first_answer_leads_to_safe_mode(worker, behaviour, caplog):
    caplog.set_level(logging.WARNING)
    client = worker(behaviour)
    await client.start()
    if behaviour == "crash in the first decode":
        ready_again = reaching(client, WorkerState.READY)
        with pytest.raises(WorkerDied, match="SIGSEGV"):
            await ask(client)
        await ready_again
    assert client.state is WorkerState.READY
    assert client.safe_mode
    assert await ask(client) == "text"
    assert len(caplog.records) == 1, "one line in the log, no more"


async def test_safe_mode_is_remembered_by_the_next_session(worker):
    await worker("crash while loading").start()
    again = worker("crash while loading")
    states = []
    again.subscribe(lambda state, detail: states.append(state))
    await again.start()
    assert again.safe_mode and again.model is not None and again.model.name == "safe"
    assert WorkerState.RESTARTING not in states


async def test_a_crash_after_good_answers_is_not_the_fault_of_the_fast_path(worker):
    client = worker("well")
    await client.start()
    await ask(client)
    connection = client._connection
    assert connection is not None
    ready_again = reaching(client, WorkerState.READY)
    connection.process.send_signal(signal.SIGSEGV)
    await ready_again
    assert not client.safe_mode


@pytest.mark.parametrize(
    "behaviour, sentence, limits",
    [
        ("exit while loading", "exit code 3, 3 times in a row", PATIENT),
        ("garbage while loading", "broke the protocol", PATIENT),
        ("never load", "did not load", replace(PATIENT, load_s=0.3)),
    ],
)
async def test_a_child_that_never_loads_is_given_up_with_a_reason(
    worker, behaviour, sentence, limits
):
    client = worker(behaviour, limits=limits)
    await client.start()
    assert client.state is WorkerState.FAILED
    assert sentence in client.detail
    with pytest.raises(WorkerDied):
        await ask(client)


async def test_a_model_that_cannot_serve_is_not_tried_again(worker):
    client = worker("refuse")
    await client.start()
    assert client.state is WorkerState.FAILED
    assert client.detail == "mamba is a recurrent model"
    assert client.restarts == 0


async def test_a_program_that_cannot_be_started_is_a_failure_not_an_exception(tmp_path):
    client = WorkerClient(
        Path("m"), "", n_ctx=8, n_threads=1, state_dir=tmp_path, command=(str(tmp_path / "no"),)
    )
    await client.start()
    assert client.state is WorkerState.FAILED
    assert "cannot be started" in client.detail


async def test_asking_while_it_loads_is_refused_at_once(worker):
    client = worker("never load", limits=Limits(close_s=0.1))
    loading = reaching(client, WorkerState.LOADING)
    starting = asyncio.create_task(client.start())
    await loading
    with pytest.raises(WorkerBusy):
        await ask(client)
    await client.close()
    await starting


async def test_restart_starts_a_fresh_process(worker):
    client = worker("well")
    await client.start()
    first_pid = client.pid
    await client.restart()
    assert client.state is WorkerState.READY
    assert client.pid != first_pid and client.restarts == 1
    assert await ask(client) == "text"


async def test_a_failed_client_can_be_restarted(worker, tmp_path):
    client = worker("refuse", str(tmp_path / "happened"))
    await client.start()
    assert client.state is WorkerState.FAILED
    await client.restart()
    assert client.state is WorkerState.READY


@pytest.mark.parametrize("behaviour", ["well", "stay"])
async def test_close_ends_the_process(worker, behaviour):
    client = worker(behaviour)
    await client.start()
    process = client._connection.process
    await client.close()
    assert client.state is WorkerState.STOPPED
    assert process.returncode is not None
    with pytest.raises(WorkerDied):
        await ask(client)
