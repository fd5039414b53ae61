"""The inference process: load one model, then answer questions until the pipe closes.

Started by `client` as an isolated interpreter. The main thread does the model's work; `inbox`
listens. Standard output is the pipe, so it is moved out of reach of everything that prints.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from slm_lsp.errors import ModelError, PromptTooLong, SandboxMissing, SlmError
from slm_lsp.inference.abort import AbortFlag
from slm_lsp.inference.cpu import LoadMeter
from slm_lsp.inference.framing import HEADER, decode, encode, frame_length
from slm_lsp.inference.inbox import Inbox, Job
from slm_lsp.inference.sandbox import demand, enter_worker_sandbox
from slm_lsp.inference.wire import (
    Done,
    EndReason,
    Failed,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Log,
    Message,
    Progress,
    Score,
    Warm,
)


def main() -> None:
    pipe = Outbox(_take_over_stdout())
    load = _read_load(0)
    meter = LoadMeter()
    # Before any other thread exists, so that none is left outside.
    sandbox = enter_worker_sandbox(load.path, (load.adapter,) if load.adapter else ())
    flag = AbortFlag()
    inbox = Inbox(0, flag, pipe.send)
    inbox.start()
    try:
        if load.require_sandbox:
            demand(sandbox)
        worker = Worker(load, pipe.send, flag, str(sandbox), meter)
    except (ModelError, SandboxMissing) as error:
        pipe.send(LoadFailed(type(error).__name__, str(error)))
        return
    worker.serve(inbox)


class Worker:
    """The model and its answers. Making one loads the model."""

    def __init__(
        self,
        load: Load,
        send: Callable[[Message], None],
        flag: AbortFlag,
        sandbox: str,
        meter: LoadMeter,
    ) -> None:
        started = time.perf_counter()
        # Here, not at the top: the modules below take most of the start-up time, and the pipe
        # has to be safe before anything of llama.cpp's can print.
        from slm_lsp.inference.cache import N_SEQUENCES, PromptCache
        from slm_lsp.inference.decoding import Decoder
        from slm_lsp.inference.llama import Aborted, Llama
        from slm_lsp.inference.lookup import DraftPolicy
        from slm_lsp.inference.speed import measure

        self._aborted = Aborted
        self._send = send
        self._job: Job | None = None
        self._llama = Llama(
            load,
            flag,
            n_sequences=N_SEQUENCES,
            progress=lambda fraction: send(Progress(fraction)),
            forward_log=(lambda line: send(Log(logging.DEBUG, line))) if load.debug else None,
        )
        speed = measure(self._llama, load.n_threads, meter)
        cache = PromptCache(self._llama)
        cache.seconds_per_token = 1 / speed.prefill_tokens_per_second
        drafting = DraftPolicy(speed.draft_cost)
        self._decoder = Decoder(self._llama, cache, drafting, self._why_aborted)
        model = replace(
            self._llama.info,
            prefill_tokens_per_second=round(speed.prefill_tokens_per_second, 1),
            decode_tokens_per_second=round(speed.decode_tokens_per_second, 1),
        )
        send(Log(logging.DEBUG, f"measured {speed}"))
        send(Loaded(model, sandbox, (time.perf_counter() - started) * 1000))

    def serve(self, inbox: Inbox) -> None:
        inbox.n_steps = lambda: self._llama.n_steps
        while True:
            job = self._job = inbox.next_job()
            inbox.finished(job, self._answer(job))

    def _answer(self, job: Job) -> bool:
        """False when the job was pre-empted and has to be taken up again."""
        question = job.question
        if job.stopped is not None:
            self._give_up(job, job.stopped)
            return True
        try:
            match question:
                case Generate():
                    self._send(self._decoder.generate(question, self._send))
                case Warm():
                    self._send(self._decoder.warm(question))
                case Score():
                    self._send(self._decoder.score(question))
        except self._aborted:
            if job.stopped is None:
                return False
            self._give_up(job, job.stopped)
        except PromptTooLong as error:
            self._send(
                Failed(question.id, "PromptTooLong", str(error), error.n_tokens, error.n_room)
            )
        except SlmError as error:
            self._send(Failed(question.id, type(error).__name__, str(error)))
        return True

    def _give_up(self, job: Job, reason: EndReason) -> None:
        self._send(Done(job.question.id, reason, 0, 0, 0, 0.0, 0.0))

    def _why_aborted(self) -> EndReason:
        return (self._job and self._job.stopped) or EndReason.CANCELLED


class Outbox:
    """Frames on the pipe, from both threads."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()

    def send(self, message: Message) -> None:
        frame = memoryview(encode(message))
        with self._lock:
            try:
                while frame:
                    frame = frame[os.write(self._fd, frame) :]
            except BrokenPipeError:
                os._exit(0)


def _take_over_stdout() -> int:
    """Keep the pipe for ourselves; from now on, what is printed goes to standard error."""
    pipe = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return pipe


def _read_load(fd: int) -> Load:
    message = decode(_read_exactly(fd, frame_length(_read_exactly(fd, HEADER.size))))
    if not isinstance(message, Load):
        raise SystemExit(f"expected Load, got {type(message).__name__}")
    return message


def _read_exactly(fd: int, n_bytes: int) -> bytes:
    data = b""
    while len(data) < n_bytes:
        more = os.read(fd, n_bytes - len(data))
        if not more:
            raise SystemExit(0)
        data += more
    return data


if __name__ == "__main__":
    main()
