"""One inference process from its start to its death. What follows a death is up to `client`."""

import asyncio
import contextlib
import logging
import signal
from asyncio.subprocess import Process
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count

from slm_lsp.errors import PromptTooLong, WorkerDied, WorkerError
from slm_lsp.inference.framing import FrameReader, WireError, encode
from slm_lsp.inference.process import WORKER_COMMAND, start_process
from slm_lsp.inference.pulse import Limits, Pulse
from slm_lsp.inference.wire import (
    Cancel,
    Chunk,
    Done,
    Failed,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Log,
    Message,
    Ping,
    Pong,
    Progress,
    Score,
    Scores,
    Warm,
)

READ_BYTES = 1 << 16

# What a crash inside llama.cpp ends with, as opposed to a kill from outside.
CRASH_SIGNALS = frozenset(
    getattr(signal, name)
    for name in ("SIGSEGV", "SIGILL", "SIGBUS", "SIGFPE", "SIGABRT")
    if hasattr(signal, name)
)

Answer = Chunk | Done | Scores | Failed


@dataclass(frozen=True, slots=True)
class Death:
    """How the process ended."""

    reason: str
    crashed: bool  # by a signal of its own making
    exit_code: int = 0  # as in `subprocess`: the negative number of a signal


class Connection:
    """A live child and the questions that are open with it."""

    def __init__(self, process: Process, limits: Limits, log: logging.Logger) -> None:
        self.process = process
        self.pid = process.pid
        self.n_answers = 0
        loop = asyncio.get_running_loop()
        self.loaded: asyncio.Future[Loaded | LoadFailed] = loop.create_future()
        self.died: asyncio.Future[Death] = loop.create_future()
        self.on_progress: Callable[[float], None] = lambda fraction: None
        self.on_end: Callable[[Done | Scores], None] = lambda answer: None
        self._limits = limits
        self._log = log
        self._ids = count(1)
        self._questions: dict[int, asyncio.Queue[Answer | WorkerDied]] = {}
        self._busy = asyncio.Event()
        self._busy.set()  # loading
        self._pulse = Pulse(limits, loop.time())
        self._readers = [
            loop.create_task(self._read()),
            loop.create_task(self._read_stderr()),
        ]
        self._watcher = loop.create_task(self._watch())

    @classmethod
    async def open(
        cls,
        load: Load,
        limits: Limits,
        log: logging.Logger,
        command: Sequence[str] = WORKER_COMMAND,
    ) -> "Connection":
        try:
            process = await start_process(command)
        except OSError as error:
            raise WorkerDied(f"the inference process cannot be started: {error}") from error
        connection = cls(process, limits, log)
        connection.send(load)
        return connection

    def send(self, message: Message) -> None:
        """Harmless when the child is gone: its death is reported by `died`."""
        assert self.process.stdin is not None
        if not self.process.stdin.is_closing():
            self.process.stdin.write(encode(message))

    @contextmanager
    def ask(
        self, question: Generate | Warm | Score
    ) -> Iterator[asyncio.Queue[Answer | WorkerDied]]:
        """Send a question under an id of our own; leaving the block early cancels it."""
        id = next(self._ids)
        answers: asyncio.Queue[Answer | WorkerDied] = asyncio.Queue()
        if not self._questions:
            self._pulse.begin(asyncio.get_running_loop().time())
        self._questions[id] = answers
        self._busy.set()
        try:
            self.send(replace(question, id=id))
            yield answers
        finally:
            if self._questions.pop(id, None) is not None and not self.died.done():
                self.send(Cancel(id))

    async def close(self) -> None:
        """End the process; returns when it is gone."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            # Not `asyncio.timeout`: before Python 3.11.3 it does not time out in a task that is
            # being cancelled, as the supervisor is here.
            ended = asyncio.ensure_future(self.process.wait())
            await asyncio.wait({ended}, timeout=self._limits.close_s)
            if not ended.done():
                self._kill()
            await ended
        finally:
            self._watcher.cancel()
            self._end(Death("the inference process was closed", crashed=False))
            # The pipes are empty in a moment, now that their other end is gone.
            await asyncio.wait(self._readers, timeout=self._limits.close_s)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    async def _read(self) -> None:
        assert self.process.stdout is not None
        frames = FrameReader()
        broken: str | None = None
        try:
            while data := await self.process.stdout.read(READ_BYTES):
                for message in frames.feed(data):
                    self._receive(message)
            frames.finish()
        except WireError as error:
            broken = f"the inference process broke the protocol: {error}"
        if broken is not None:
            self._kill()
        status = await self.process.wait()
        crashed = -status in CRASH_SIGNALS
        self._end(Death(broken or _how_it_ended(status), crashed, status))

    def _receive(self, message: Message) -> None:
        self._pulse.heard(message, asyncio.get_running_loop().time())
        match message:
            case Chunk() | Done() | Scores() | Failed():
                self._answer(message)
            case Pong():
                pass
            case Progress():
                self.on_progress(message.fraction)
            case Loaded() | LoadFailed():
                if not self.loaded.done():
                    self.loaded.set_result(message)
            case Log():
                self._log.log(message.level, "worker: %s", message.message)
            case _:
                raise WireError(f"unexpected {type(message).__name__}")

    def _answer(self, answer: Answer) -> None:
        self.n_answers += 1
        if isinstance(answer, Done | Scores):
            self.on_end(answer)  # also when nobody waits for it any more
        last = not isinstance(answer, Chunk)
        question = (self._questions.pop if last else self._questions.get)(answer.id, None)
        if question is not None:
            question.put_nowait(answer)

    async def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        rest = b""
        while data := await self.process.stderr.read(READ_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self._log.debug("worker: %s", line.decode("utf-8", "replace").rstrip())
        if rest:
            self._log.debug("worker: %s", rest.decode("utf-8", "replace"))

    async def _watch(self) -> None:
        """Kill a child that makes no progress while something is expected of it."""
        loop = asyncio.get_running_loop()
        for id in count(1):
            if self.loaded.done() and not self._questions:
                self._busy.clear()
            await self._busy.wait()
            if self.loaded.done():
                self.send(Ping(id))
            await asyncio.sleep(self._limits.ping_s)
            loading = not self.loaded.done()
            waiting = loading or self._questions
            reason = self._pulse.why_hung(loop.time(), loading=loading) if waiting else None
            if reason is not None:
                self._end(Death(reason, crashed=False))
                self._kill()
                return

    def _end(self, death: Death) -> None:
        if not self.died.done():
            self.died.set_result(death)
        for question in self._questions.values():
            question.put_nowait(WorkerDied(death.reason))
        self._questions.clear()


def _how_it_ended(status: int) -> str:
    if status >= 0:
        return f"the inference process ended with exit code {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"the inference process was ended by {name}"


def answer_to(id: int, answer: Answer | WorkerDied) -> Chunk | Done | Scores:
    """The answer under the caller's own id; what is not one is raised."""
    if isinstance(answer, WorkerDied):
        raise answer
    if isinstance(answer, Failed):
        if answer.kind == PromptTooLong.__name__:
            raise PromptTooLong(answer.n_tokens, answer.n_room)
        raise WorkerError(answer.message)
    return replace(answer, id=id)
