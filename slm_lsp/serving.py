"""The model that serves: loaded as the settings say, replaced when they change, started anew."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from slm_context.cursor import DocumentContext
from slm_context.expected import ExpectedName
from slm_context.types import ContextBundle

from slm_lsp import sandbox
from slm_lsp.assembly import build_client, build_engine
from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.errors import SlmError
from slm_lsp.folders import Folder
from slm_lsp.inference.client import WorkerState
from slm_lsp.inference.worker_client import WorkerClient
from slm_lsp.settings import SamplingSettings, Settings
from slm_lsp.statistics import Statistics
from slm_lsp.status import State, Status, Teller

LOG = logging.getLogger("slm_lsp.serving")

# Below this, a status bar would flicker with every keystroke.
BUSY_AFTER_S = 0.15
# How long a request waits for a model that is loading. Editors cancel what they no longer want.
PATIENCE_S = 10.0

STARTING = Status(State.LOADING, "the model is loading")
OFF = Status(State.OFF, "completion is switched off in the settings")


GatherIn = Callable[[Folder, DocumentContext], Awaitable[ContextBundle]]
DefinedIn = Callable[[Folder, Sequence[str]], Awaitable[frozenset[str]]]
ExpectIn = Callable[[Folder, DocumentContext], Awaitable[Sequence[ExpectedName]]]


class ServingModel:
    """At most one inference process, and on top of it an engine for each folder that asks."""

    def __init__(
        self,
        statistics: Statistics,
        on_status: Callable[[Status], None],
        gather: GatherIn,
        defined: DefinedIn,
        expect: ExpectIn,
    ) -> None:
        self._gather = gather
        self._defined = defined
        self._expect = expect
        self.client: WorkerClient | None = None
        self._engines: dict[Folder, CompletionEngine] = {}
        self._statistics = statistics
        self._teller = Teller(on_status)
        # What is so while there is no client.
        self._without_client = STARTING
        self._n_busy = 0
        self._restarting = False
        self._settled = asyncio.Event()  # the model is ready, or will not be
        self._changing = asyncio.Lock()
        # By which the model was loaded that is there, or is on its way.
        self.settings: Settings | None = None
        self._n_loads = 0  # that were asked for and are not done

    @property
    def status(self) -> Status:
        client = self.client
        # A client of ours is stopped only before it starts, the first time or again.
        if client is None or self._restarting or client.state is WorkerState.STOPPED:
            return self._without_client
        status = Status.of_worker(client.state, client.detail, client.model)
        if status.state is State.READY and self._n_busy:
            return replace(status, state=State.BUSY, message="the model is computing")
        return status

    def load(self, settings: Settings) -> Coroutine[Any, Any, None]:
        """Load the model that the settings name, in place of the one before.

        Whoever asks from this call on waits for it. Of several loads that were asked for at
        once, as when a file is saved again and again, only the newest is done.
        """
        self.settings = settings
        self._n_loads += 1
        self._settled.clear()
        if self.client is None:
            self._stand_without(STARTING)
        return self._load(settings)

    async def _load(self, settings: Settings) -> None:
        try:
            async with self._changing:
                if self.settings is settings:
                    await self._replace(settings)
        finally:
            self._n_loads -= 1
            self._tell()

    async def _replace(self, settings: Settings) -> None:
        await self.drop()
        if not settings.completion.enabled:
            self._stand_without(OFF)
            return
        self._stand_without(STARTING)
        try:
            if settings.privacy.require_sandbox:
                sandbox.demand(sandbox.current())
            client = await build_client(settings)
        except SlmError as error:
            LOG.error("%s", error)
            self._stand_without(Status(State.ERROR, str(error)))
            return
        if self.settings is not settings:
            return
        self.client = client
        client.subscribe(self._changed)
        await client.start()

    def serves(self, settings: Settings) -> bool:
        """Whether the model that is there, or on its way, is the one that these settings name."""
        served = self.settings
        return served is settings or (served is not None and _loads(served) == _loads(settings))

    def engine_for(self, folder: Folder, settings: Settings) -> CompletionEngine | None:
        """Who answers in a folder with these settings; None while its model is not there."""
        if self.client is None or not settings.completion.enabled or not self.serves(settings):
            return None
        if folder not in self._engines:
            self._engines[folder] = build_engine(
                self.client,
                settings,
                self._statistics,
                partial(self._gather, folder),
                partial(self._defined, folder),
                partial(self._expect, folder),
            )
        return self._engines[folder]

    def forget(self, folder: Folder) -> None:
        """The folder's settings changed, or it is gone."""
        engine = self._engines.pop(folder, None)
        if engine is not None:
            engine.ahead.end()

    def stop_reading_ahead(self) -> None:
        """Somebody waits: what is computed for later, in whichever folder, comes after that."""
        for engine in self._engines.values():
            engine.ahead.drop()

    async def restart(self, settings: Settings) -> None:
        """A fresh process for the model that is there, or a new attempt to find one."""
        if self.client is None:
            await self.load(settings)
            return
        client = self.client
        # While its process ends, the client still says that it is ready.
        self._restarting = True
        self._tell()
        try:
            await client.close()
        finally:
            self._restarting = False
        # Whoever changed the model meanwhile has another client.
        if self.client is client:
            await client.restart()

    async def close(self) -> None:
        """End the inference process, and start none that is on its way."""
        self.settings = None
        await self.drop()

    async def drop(self) -> None:
        """End the inference process, as another one is wanted or none."""
        for folder in list(self._engines):
            self.forget(folder)
        client, self.client = self.client, None
        if client is not None:
            await client.close()

    async def settle(self) -> None:
        """Wait for a model that is loading: the first suggestion is asked for meanwhile."""
        if self.status.state is State.LOADING:
            self._settled.clear()
        if self._settled.is_set():
            return
        try:
            await asyncio.wait_for(self._settled.wait(), PATIENCE_S)
        except TimeoutError:
            LOG.info("a suggestion was given up: the model is still loading")

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Say so while a request takes long enough to be noticed."""
        shown = False

        def show() -> None:
            nonlocal shown
            shown = True
            self._n_busy += 1
            self._tell()

        timer = asyncio.get_running_loop().call_later(BUSY_AFTER_S, show)
        try:
            yield
        finally:
            timer.cancel()
            if shown:
                self._n_busy -= 1
                self._tell()

    def as_json(self) -> dict[str, Any]:
        """The part of `slm.status` that is about the model."""
        client = self.client
        model = client.model if client else None
        named = ("name", "sha256", "path", "parameters", "quantization")
        return {
            "model": {name: getattr(model, name) for name in named} if model else None,
            "worker": {
                "pid": client.pid if client else None,
                "restarts": client.restarts if client else 0,
                "safe_mode": client.safe_mode if client else False,
                "sandbox": client.sandbox if client else "none",
                "work": asdict(client.work) if client else None,
            },
        }

    def _stand_without(self, status: Status) -> None:
        self._without_client = status
        self._tell()

    def _changed(self, state: WorkerState, detail: str) -> None:
        if state is WorkerState.FAILED:
            LOG.error("%s", detail)
        self._tell()

    def _tell(self) -> None:
        status = self.status
        if status.state is State.LOADING or self._n_loads:
            self._settled.clear()
        else:
            self._settled.set()
        self._teller.tell(status)


def _loads(settings: Settings) -> tuple[Any, ...]:
    """What cannot change without another inference process."""
    model = replace(settings.model, sampling=SamplingSettings())
    return model, settings.completion.enabled, settings.privacy.require_sandbox
