"""One model at a time, whatever is asked for while it comes or goes."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from slm_context.types import ContextBundle

from slm_lsp import serving
from slm_lsp.completion.types import Completion
from slm_lsp.inference.client import WorkerState
from slm_lsp.questions import Questions
from slm_lsp.serving import ServingModel
from slm_lsp.settings import Settings
from slm_lsp.statistics import Statistics
from tests.support.engine_world import World, with_completion
from tests.support.fake_model import FakeModel

FOLDER: Any = "a folder"


class SlowModel(FakeModel):
    """Takes its time to end."""

    def __init__(self) -> None:
        super().__init__(state=WorkerState.STOPPED)
        self.may_end = asyncio.Event()

    async def close(self) -> None:
        await self.may_end.wait()
        await super().close()


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[SlowModel]:
    """Every model that was built."""
    models: list[SlowModel] = []

    async def build(settings: Settings) -> SlowModel:
        models.append(SlowModel())
        await asyncio.sleep(0)
        return models[-1]

    monkeypatch.setattr(serving, "build_client", build)
    return models


def serve() -> ServingModel:
    async def gather(*_: Any) -> ContextBundle:
        return ContextBundle()

    async def nothing(*_: Any) -> Any:
        return ()

    return ServingModel(Statistics(), lambda status: None, gather, nothing, nothing)


async def until(so: Callable[[], object]) -> None:
    for _ in range(100):
        if so():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


async def test_a_restart_that_other_settings_overtake_starts_no_second_process(built) -> None:
    model = serve()
    settings = Settings()
    await model.load(settings)
    restarting = asyncio.create_task(model.restart(settings))
    await asyncio.sleep(0)
    other = replace(settings, model=replace(settings.model, n_ctx=1024))
    loading = asyncio.create_task(model.load(other))
    await asyncio.sleep(0)
    built[0].may_end.set()
    await asyncio.gather(restarting, loading)
    assert [one.state for one in built] == [WorkerState.STOPPED, WorkerState.READY]
    assert built[0].restarts == 0 and model.client is built[1]


async def test_what_is_on_its_way_at_shutdown_is_not_started(built) -> None:
    model = serve()
    loading = asyncio.create_task(model.load(Settings()))
    await until(lambda: built)
    await model.close()
    await loading
    assert model.client is None and built[0].state is WorkerState.STOPPED


async def test_an_engine_whose_settings_are_gone_computes_nothing_ahead() -> None:
    model, settings, world = serve(), with_completion(), World()
    fake = FakeModel()
    model.client, model.settings = fake, settings  # type: ignore[assignment]
    engine = model.engine_for(FOLDER, settings)
    assert engine is not None
    held = fake.enqueue_held("first + second")
    asking = asyncio.create_task(engine.complete(world.request("total = █\n")))
    await until(lambda: fake.generated)
    model.forget(FOLDER)
    held.set()
    assert await asking is not None
    await engine.ahead.done()
    assert len(fake.generated) == 1


async def test_a_document_that_was_closed_while_the_model_loaded_gets_no_answer() -> None:
    world, loaded, documents = World(), asyncio.Event(), {"file:///calc.py"}
    given: list[Completion] = []

    async def follow_to(folder: object) -> object:
        await loaded.wait()
        return world.engine

    questions = Questions(
        *(
            SimpleNamespace(of=lambda uri: FOLDER),
            SimpleNamespace(engine_in=lambda folder: None, follow_to=follow_to),
            SimpleNamespace(stop_reading_ahead=lambda: None, busy=nullcontext),
            world.statistics,
            SimpleNamespace(shown=lambda *_: None),
            SimpleNamespace(give=lambda request, completion, *_, **__: given.append(completion)),
        ),  # type: ignore[arg-type]
        is_open=documents.__contains__,
    )
    for n_given in (1, 1):
        world.model.enqueue("first")
        loaded.clear()
        asking = asyncio.create_task(questions.ask(world.request("total = █\n")))
        await asyncio.sleep(0)
        if given:
            documents.clear()
        loaded.set()
        await asking
        assert len(given) == n_given


async def test_a_model_that_fails_is_in_the_log(built, caplog: pytest.LogCaptureFixture) -> None:
    model = serve()
    await model.load(Settings())
    built[0].change(WorkerState.FAILED, "it is recurrent")
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [
        ("ERROR", "it is recurrent")
    ]
    built[0].may_end.set()
    await model.close()
