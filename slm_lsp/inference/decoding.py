"""The answers: generate, warm, score. Runs in the child, on its main thread."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.answer import Answer, Emit
from slm_lsp.inference.cache import PromptCache
from slm_lsp.inference.llama import N_BRANCH_CELLS, Aborted, Llama, NoRoom
from slm_lsp.inference.lookup import DraftPolicy
from slm_lsp.inference.scoring import END, score_texts
from slm_lsp.inference.wire import Done, EndReason, Generate, Score, Scores, Warm


@dataclass(slots=True)
class Timing:
    """What one answer cost so far."""

    n_prompt: int = 0
    n_evaluated: int = 0
    n_predicted: int = 0
    started: float = field(default_factory=time.perf_counter)
    prefilled: float | None = None

    def done(self, id: int, reason: EndReason) -> Done:
        now = time.perf_counter()
        prefilled = now if self.prefilled is None else self.prefilled
        return Done(
            id,
            reason,
            self.n_prompt,
            self.n_evaluated,
            self.n_predicted,
            prefill_ms=(prefilled - self.started) * 1000,
            decode_ms=(now - prefilled) * 1000,
        )


class Decoder:
    """Answers one question at a time. `why_aborted` names the reason when llama.cpp stops."""

    def __init__(
        self,
        llama: Llama,
        cache: PromptCache,
        drafting: DraftPolicy,
        why_aborted: Callable[[], EndReason],
    ) -> None:
        self._llama = llama
        self._cache = cache
        self._drafting = drafting
        self._why_aborted = why_aborted

    def generate(self, request: Generate, emit: Emit) -> Done:
        timing = Timing()
        answer: Answer | None = None
        try:
            segments = self._llama.chat(request.chat) if request.chat else request.segments
            self._prefill(segments, timing, request.shift)
            answer = Answer(request, self._llama, self._cache, self._drafting, emit)
            answer.run()
            reason = answer.candidates[0].reason or EndReason.LENGTH
        except Aborted:
            reason = self._why_aborted()
        except NoRoom:
            reason = EndReason.LENGTH
        finally:
            if answer is not None:
                answer.finish()
                timing.n_predicted = answer.n_predicted
        return timing.done(request.id, reason)

    def warm(self, request: Warm) -> Done:
        timing = Timing()
        try:
            self._prefill(request.segments, timing, request.shift)
            reason = EndReason.LENGTH
        except Aborted:
            reason = self._why_aborted()
        return timing.done(request.id, reason)

    def score(self, request: Score) -> Scores:
        """Raises `Aborted`; the prompt's finished part stays in the cache."""
        timing = Timing()
        end = [END] if request.with_end else []
        texts = [[*self._llama.vocab.tokenise_text(one), *end] for one in request.candidates]
        longest = max(map(len, texts), default=0)
        if longest > N_BRANCH_CELLS:
            raise PromptTooLong(longest, N_BRANCH_CELLS)
        self._prefill(request.segments, timing)
        logprobs = score_texts(self._llama, self._cache, texts)
        elapsed_ms = (time.perf_counter() - timing.started) * 1000
        return Scores(request.id, logprobs, timing.n_evaluated, elapsed_ms)

    def _prefill(
        self, segments: Sequence[tuple[str, bool]], timing: Timing, shift: bool = False
    ) -> None:
        prompt = self._llama.vocab.tokenise(segments)
        timing.n_prompt = len(prompt)
        n_before = self._cache.n_evaluated
        try:
            self._cache.prefill(prompt, shift)
        finally:
            timing.n_evaluated = self._cache.n_evaluated - n_before
            timing.prefilled = time.perf_counter()
