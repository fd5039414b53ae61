"""The model in the inference process, asked over its pipe; a process that dies is replaced."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from slm_lsp.errors import WorkerBusy, WorkerDied
from slm_lsp.inference.client import WorkerState
from slm_lsp.inference.connection import Connection, Death, answer_to
from slm_lsp.inference.cpu import physical_cores
from slm_lsp.inference.process import WORKER_COMMAND
from slm_lsp.inference.pulse import Limits
from slm_lsp.inference.safe_mode import SafeModeMemory, safe_mode_key
from slm_lsp.inference.wire import (
    Chunk,
    Done,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    ModelInfo,
    Score,
    Scores,
    Warm,
)
from slm_lsp.inference.work import Work

LOG = logging.getLogger("slm_lsp.inference")


class WorkerClient:
    """A `ModelClient` that keeps one inference process alive, and asks it.

    A process that dies is replaced, the first time at once and then with growing pauses. One
    that crashes before its first answer is replaced by one in safe mode, and the cache folder
    remembers that this machine needs it.
    """

    def __init__(
        self,
        model_path: Path,
        sha256: str,
        *,
        n_ctx: int,
        n_threads: int | None,
        state_dir: Path,
        markers: tuple[str, ...] = (),
        adapter: tuple[Path, float] | None = None,
        on_load_crash: Callable[[int], str | None] = lambda exit_code: None,
        why_useless: Callable[[ModelInfo], str | None] = lambda model: None,
        require_sandbox: bool = False,
        log: logging.Logger = LOG,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        command: Sequence[str] = WORKER_COMMAND,
    ) -> None:
        self._load = Load(
            str(model_path),
            sha256,
            n_ctx,
            n_threads or physical_cores(),
            markers=markers,
            adapter=str(adapter[0]) if adapter else "",
            adapter_scale=adapter[1] if adapter else 1.0,
            debug=log.isEnabledFor(logging.DEBUG),
            require_sandbox=require_sandbox,
        )
        # Called when loading crashes in safe mode, too: why never to try this file again.
        self._on_load_crash = on_load_crash
        # Called with a model that has loaded: why it can serve nobody all the same.
        self._why_useless = why_useless
        self._memory = SafeModeMemory(state_dir)
        self._log = log
        self._limits = limits
        self._command = command
        self._state = WorkerState.STOPPED
        self._detail = "the model is not started"
        self._model: ModelInfo | None = None
        self._sandbox = "none"
        self._restarts = 0
        self.work = Work()
        self._safe_mode = False
        self._listeners: list[Callable[[WorkerState, str], None]] = []
        self._connection: Connection | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()

    @property
    def state(self) -> WorkerState:
        # The process may have died just now, and the supervisor has not had its turn yet.
        connection = self._connection
        dead = connection is not None and connection.died.done()
        return WorkerState.RESTARTING if self._state is WorkerState.READY and dead else self._state

    @property
    def model(self) -> ModelInfo | None:
        return self._model

    @property
    def detail(self) -> str:
        return self._detail

    @property
    def pid(self) -> int | None:
        return None if self._connection is None else self._connection.pid

    @property
    def restarts(self) -> int:
        return self._restarts

    @property
    def safe_mode(self) -> bool:
        return self._safe_mode

    @property
    def sandbox(self) -> str:
        """How the process gave up the network, in its own words; "none" before it loaded."""
        return self._sandbox

    def subscribe(self, listener: Callable[[WorkerState, str], None]) -> None:
        self._listeners.append(listener)

    async def start(self) -> None:
        if self._supervisor is None or self._supervisor.done():
            self._settled.clear()
            self._supervisor = asyncio.create_task(self._supervise())
        await self._settled.wait()

    async def close(self) -> None:
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.cancel()
            await asyncio.gather(supervisor, return_exceptions=True)
        self._change(WorkerState.STOPPED, "the model is stopped")
        self._settled.set()

    async def restart(self) -> None:
        """End the process and start a fresh one, whatever the state; returns as `start` does."""
        await self.close()
        self._restarts += 1
        await self.start()

    async def generate(self, request: Generate) -> AsyncGenerator[Chunk | Done, None]:
        with self._ready().ask(request) as answers:
            while True:
                answer = answer_to(request.id, await answers.get())
                if isinstance(answer, Scores):
                    raise WorkerDied("the inference process answered another question")
                yield answer
                if isinstance(answer, Done):
                    return

    async def warm(self, request: Warm) -> Done:
        with self._ready().ask(request) as answers:
            answer = answer_to(request.id, await answers.get())
        if not isinstance(answer, Done):
            raise WorkerDied("the inference process answered another question")
        return answer

    async def score(self, request: Score) -> Scores:
        with self._ready().ask(request) as answers:
            answer = answer_to(request.id, await answers.get())
        if not isinstance(answer, Scores):
            raise WorkerDied("the inference process answered another question")
        return answer

    def _ready(self) -> Connection:
        connection = self._connection
        if self._state is WorkerState.READY:
            if connection is None:  # it has died, and is being closed before the next one starts
                raise WorkerBusy("the inference process has ended")
            if connection.died.done():
                raise WorkerBusy(connection.died.result().reason)
            return connection
        if self._state in (WorkerState.LOADING, WorkerState.RESTARTING):
            raise WorkerBusy(self._detail)
        raise WorkerDied(self._detail)

    async def _supervise(self) -> None:
        """Start processes, one after the other, until one cannot be helped."""
        key = await asyncio.to_thread(safe_mode_key, self._load.sha256)
        self._safe_mode = self._memory.holds(key)
        self._change(WorkerState.LOADING, "the model is loading")
        n_deaths = 0  # in a row, without an answer in between
        while True:
            death, n_answers, loaded = await self._run_one(key)
            if death is None:
                return
            if death.crashed and n_answers == 0 and not self._safe_mode:
                self._log.warning("%s; trying again in safe mode", death.reason)
                self._safe_mode = True
                self._change(WorkerState.LOADING, "the model is loading in safe mode")
                continue
            if death.crashed and not loaded:
                verdict = self._on_load_crash(death.exit_code)
                if verdict is not None:
                    self._fail(verdict)
                    return
            n_deaths = 1 if n_answers else n_deaths + 1
            self._log.error("%s", death.reason)
            if n_deaths > len(self._limits.back_off_s):
                self._fail(f"{death.reason}, {n_deaths} times in a row; try `slm-lsp doctor`")
                return
            self._change(WorkerState.RESTARTING, f"{death.reason} and is being restarted")
            self._restarts += 1
            await asyncio.sleep(self._limits.back_off_s[n_deaths - 1])

    async def _run_one(self, key: str) -> tuple[Death | None, int, bool]:
        """One process: how it died, how much it had answered, and whether it had loaded.

        None in place of a death when no process will do.
        """
        load = replace(self._load, safe_mode=self._safe_mode)
        try:
            connection = await Connection.open(load, self._limits, self._log, self._command)
        except WorkerDied as error:
            self._fail(str(error))
            return None, 0, False
        self._connection = connection
        connection.on_progress = self._progress
        connection.on_end = self.work.count
        try:
            await asyncio.wait(
                {connection.loaded, connection.died}, return_when=asyncio.FIRST_COMPLETED
            )
            if connection.loaded.done():
                loaded = connection.loaded.result()
                if isinstance(loaded, LoadFailed):
                    self._fail(loaded.message)
                    return None, 0, False
                why = self._why_useless(loaded.model)
                if why is not None:
                    self._fail(why)
                    return None, 0, False
                self._is_ready(loaded, key)
            death = await asyncio.shield(connection.died)
            return death, connection.n_answers, connection.loaded.done()
        finally:
            self._connection = None
            await connection.close()

    def _is_ready(self, loaded: Loaded, key: str) -> None:
        self._model = loaded.model
        self._sandbox = loaded.sandbox
        if self._safe_mode and not self._memory.holds(key):
            self._memory.remember(key)
        self._log.info("%s is ready after %.0f ms", loaded.model.name, loaded.load_ms)
        self._change(WorkerState.READY, f"{loaded.model.name} is ready")
        self._settled.set()

    def _progress(self, fraction: float) -> None:
        self._change(self._state, f"the model is loading: {fraction:.0%}")

    def _fail(self, reason: str) -> None:
        """Give up; who asked for the model says why, once."""
        self._change(WorkerState.FAILED, reason)
        self._settled.set()

    def _change(self, state: WorkerState, detail: str) -> None:
        if (state, detail) == (self._state, self._detail):
            return
        self._state, self._detail = state, detail
        for listener in self._listeners:
            listener(state, detail)
