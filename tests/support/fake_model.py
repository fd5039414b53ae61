"""A model that answers what a test tells it to.

It speaks `ModelClient`, and `tests/inference/test_model_contract.py` runs the same tests on it
and on llama.cpp, so that what the other rooms learn from it is true.

    model = FakeModel()
    model.enqueue("return x")                 # the next answer, one token a word
    release = model.enqueue_held("late")      # an answer that waits for release.set()
    model.enqueue_failure(WorkerDied("…"))    # the next question raises
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from slm_lsp.errors import PromptTooLong, WorkerBusy, WorkerDied, WorkerError
from slm_lsp.inference.client import WorkerState
from slm_lsp.inference.text import LINE_ENDS, TextStream
from slm_lsp.inference.wire import (
    Chunk,
    Done,
    EndReason,
    Generate,
    ModelInfo,
    Score,
    Scores,
    Warm,
)

FAKE_MODEL = ModelInfo(
    name="fake",
    path="/nowhere/fake.gguf",
    sha256="0" * 64,
    architecture="fake",
    parameters=1,
    quantization="F32",
    n_ctx=1024,
    n_ctx_train=1024,
    n_vocab=256,
    fim_markers={
        "pre": "<|fim_prefix|>",
        "mid": "<|fim_middle|>",
        "suf": "<|fim_suffix|>",
        "pad": "<|fim_pad|>",
        "rep": "<|repo_name|>",
        "sep": "<|file_sep|>",
        "eot": "<|endoftext|>",
    },
    can_shift=True,
    prefill_tokens_per_second=4000.0,
    decode_tokens_per_second=500.0,
)

WORD = re.compile(r"\s*\S+|\s+")


@dataclass(frozen=True, slots=True)
class FakeAnswer:
    """What one question gets. `texts` has one entry a candidate; the last serves the rest."""

    texts: tuple[str, ...] = ("",)
    logprob: float = -0.1
    reason: EndReason = EndReason.END
    failure: WorkerError | None = None
    # Each event is waited for before the token with its index; the first one before anything.
    held: tuple[asyncio.Event, ...] = ()


@dataclass
class FakeModel:
    """`ModelClient` without a model."""

    model: ModelInfo | None = FAKE_MODEL
    state: WorkerState = WorkerState.READY
    detail: str = "fake is ready"
    pid: int | None = 4242
    restarts: int = 0
    safe_mode: bool = False
    default: FakeAnswer = FakeAnswer()
    """What a question gets when nothing is enqueued."""

    generated: list[Generate] = field(default_factory=list[Generate])
    warmed: list[Warm] = field(default_factory=list[Warm])
    scored: list[Score] = field(default_factory=list[Score])
    cancelled: list[int] = field(default_factory=list[int])
    """Ids of the questions that were given up before their end."""

    _answers: deque[FakeAnswer] = field(default_factory=deque[FakeAnswer])
    _listeners: list[Callable[[WorkerState, str], None]] = field(
        default_factory=list[Callable[[WorkerState, str], None]]
    )
    _cached: list[str] = field(default_factory=list[str])

    def enqueue(self, *texts: str, logprob: float = -0.1) -> None:
        """The next question is answered with these candidates, one token a word."""
        self._answers.append(FakeAnswer(texts, logprob))

    def enqueue_held(self, *texts: str, logprob: float = -0.1) -> asyncio.Event:
        """As `enqueue`, but nothing comes before the returned event is set."""
        event = asyncio.Event()
        self._answers.append(FakeAnswer(texts, logprob, held=(event,)))
        return event

    def enqueue_failure(self, failure: WorkerError | None = None) -> None:
        """The next question raises."""
        self._answers.append(FakeAnswer(failure=failure or WorkerDied("the fake model died")))

    def enqueue_answer(self, answer: FakeAnswer) -> None:
        self._answers.append(answer)

    def change(self, state: WorkerState, detail: str = "") -> None:
        """Move to another state, and tell the listeners."""
        self.state, self.detail = state, detail
        for listener in self._listeners:
            listener(state, detail)

    def subscribe(self, listener: Callable[[WorkerState, str], None]) -> None:
        self._listeners.append(listener)

    async def start(self) -> None:
        self.change(WorkerState.READY, "fake is ready")

    async def restart(self) -> None:
        self.restarts += 1
        await self.start()

    async def close(self) -> None:
        self.change(WorkerState.STOPPED, "the model is stopped")

    async def generate(self, request: Generate) -> AsyncGenerator[Chunk | Done, None]:
        self.generated.append(request)
        answer, n_prompt, n_evaluated = self._take(request)
        finished = False
        try:
            await self._wait(answer, 0)
            n_predicted, reason = 0, EndReason.END
            for index in range(request.n_candidates):
                text = answer.texts[min(index, len(answer.texts) - 1)]
                stream = TextStream(request.stop + (LINE_ENDS if request.single_line else ()))
                end = answer.reason
                for n, word in enumerate(WORD.findall(text), 1):
                    await self._wait(answer, n)
                    n_predicted += 1
                    stopped = stream.push(word.encode(), answer.logprob)
                    if tokens := stream.take():
                        yield _chunk(request.id, index, tokens)
                    if stopped or n >= request.n_predict:
                        end = EndReason.STOP if stopped else EndReason.LENGTH
                        break
                if tokens := stream.finish():
                    yield _chunk(request.id, index, tokens)
                if index == 0:
                    reason = end
            finished = True
            yield Done(request.id, reason, n_prompt, n_evaluated, n_predicted, 0.0, 0.0)
        finally:
            if not finished:
                self.cancelled.append(request.id)

    async def warm(self, request: Warm) -> Done:
        self.warmed.append(request)
        answer, n_prompt, n_evaluated = self._take(request)
        await self._wait(answer, 0)
        return Done(request.id, EndReason.LENGTH, n_prompt, n_evaluated, 0, 0.0, 0.0)

    async def score(self, request: Score) -> Scores:
        self.scored.append(request)
        answer, _, n_evaluated = self._take(request)
        await self._wait(answer, 0)
        end = [answer.logprob] if request.with_end else []
        logprobs = tuple(
            tuple([answer.logprob] * len(WORD.findall(text)) + end) for text in request.candidates
        )
        return Scores(request.id, logprobs, n_evaluated, 0.0)

    def _take(self, request: Generate | Warm | Score) -> tuple[FakeAnswer, int, int]:
        if self.state in (WorkerState.LOADING, WorkerState.RESTARTING):
            raise WorkerBusy(self.detail)
        if self.state is not WorkerState.READY or self.model is None:
            raise WorkerDied(self.detail)
        answer = self._answers.popleft() if self._answers else self.default
        if answer.failure is not None:
            raise answer.failure
        tokens = [
            token
            for text, special in request.segments
            for token in ([text] if special else WORD.findall(text))
        ]
        if len(tokens) >= self.model.n_ctx:
            raise PromptTooLong(len(tokens), self.model.n_ctx - 1)
        n_kept = 0
        while n_kept < min(len(tokens), len(self._cached)):
            if tokens[n_kept] != self._cached[n_kept]:
                break
            n_kept += 1
        self._cached = tokens
        return answer, len(tokens), len(tokens) - n_kept

    async def _wait(self, answer: FakeAnswer, index: int) -> None:
        if index < len(answer.held):
            await answer.held[index].wait()
        # Let the consumer run between tokens, as a real stream does.
        await asyncio.sleep(0)


def _chunk(id: int, candidate: int, tokens: tuple[tuple[str, float], ...]) -> Chunk:
    return Chunk(id, candidate, "".join(text for text, _ in tokens), tokens)
