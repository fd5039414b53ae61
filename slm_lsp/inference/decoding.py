"""The answers: generate, warm, score. Runs in the child, on its main thread."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np

from slm_lsp.inference.cache import PromptCache
from slm_lsp.inference.llama import N_OUTPUTS, Aborted, Llama
from slm_lsp.inference.text import LINE_ENDS, TextStream
from slm_lsp.inference.wire import Chunk, Done, EndReason, Generate, Score, Scores, Warm

# Sequences beside the cached prompt: candidates and scored alternatives.
N_BRANCHES = 32

Logits = Any
Emit = Callable[[Chunk], None]


@dataclass(slots=True)
class Candidate:
    """One continuation under way."""

    index: int
    sequence: int
    stream: TextStream
    random: Random
    n_tokens: int = 0
    sum_logprob: float = 0.0
    next_token: int | None = None
    reason: EndReason | None = None


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

    def __init__(self, llama: Llama, cache: PromptCache, why_aborted: Callable[[], EndReason]):
        self._llama = llama
        self._cache = cache
        self._why_aborted = why_aborted

    def generate(self, request: Generate, emit: Emit) -> Done:
        timing = Timing()
        candidates = [self._candidate(request, index) for index in range(request.n_candidates)]
        try:
            self._prefill(request.segments, timing)
            self._continue(request, candidates, timing, emit)
            reason = candidates[0].reason or EndReason.LENGTH
        except Aborted:
            reason = self._why_aborted()
        finally:
            self._forget_branches(candidates[1:])
        for candidate in candidates:
            _emit(emit, request.id, candidate, candidate.stream.finish())
        return timing.done(request.id, reason)

    def warm_up(self) -> None:
        """Run every kind of batch once: what crashes this CPU shall do so while loading."""
        self._cache.prefill([0] * 33)
        self._cache.extend([0])
        self._cache.truncate(0)

    def warm(self, request: Warm) -> Done:
        timing = Timing()
        try:
            self._prefill(request.segments, timing)
            reason = EndReason.LENGTH
        except Aborted:
            reason = self._why_aborted()
        return timing.done(request.id, reason)

    def score(self, request: Score) -> Scores:
        """Raises `Aborted`; the prompt's finished part stays in the cache."""
        timing = Timing()
        first = self._prefill(request.segments, timing)
        end = self._llama.vocab.marker_ids.get("eot") if request.with_end else None
        texts = [
            list(self._llama.vocab.tokenise_text(candidate)) + ([] if end is None else [end])
            for candidate in request.candidates
        ]
        logprobs = self._score(first, texts)
        elapsed_ms = (time.perf_counter() - timing.started) * 1000
        return Scores(request.id, tuple(logprobs), timing.n_evaluated, elapsed_ms)

    def _prefill(self, segments: Sequence[tuple[str, bool]], timing: Timing) -> Logits:
        """The logits after the prompt."""
        prompt = self._llama.vocab.tokenise(segments)
        timing.n_prompt = len(prompt)
        n_before = self._cache.n_evaluated
        try:
            self._cache.prefill(prompt)
        finally:
            timing.n_evaluated = self._cache.n_evaluated - n_before
            timing.prefilled = time.perf_counter()
        return self._llama.logits(-1).copy()

    def _candidate(self, request: Generate, index: int) -> Candidate:
        stop = request.stop + (LINE_ENDS if request.single_line else ())
        sequence = self._cache.sequence if index == 0 else self._cache.branch_sequence(index)
        return Candidate(index, sequence, TextStream(stop), Random(request.seed + index))

    def _continue(
        self, request: Generate, candidates: list[Candidate], timing: Timing, emit: Emit
    ) -> None:
        n_prompt = len(self._cache.tokens)
        logits = self._llama.logits(-1)
        first = _first_tokens(logits, request, candidates)
        for candidate, token in zip(candidates, first, strict=True):
            if candidate.index:
                self._llama.branch(self._cache.sequence, candidate.sequence, n_prompt)
            self._take(request, candidate, token, _logprob(logits, token), timing, emit)
        n_room = self._llama.n_ctx - n_prompt
        while live := [c for c in candidates if c.reason is None and c.n_tokens < n_room]:
            self._decode_step(live, n_prompt)
            for row, candidate in enumerate(live):
                logits = self._llama.logits(row)
                token = _choose(logits, request.temperature, candidate.random)
                self._take(request, candidate, token, _logprob(logits, token), timing, emit)

    def _decode_step(self, live: list[Candidate], n_prompt: int) -> None:
        tokens = [c.next_token for c in live if c.next_token is not None]
        positions = [n_prompt + c.n_tokens - 1 for c in live]
        self._llama.decode(tokens, positions, [c.sequence for c in live], range(len(live)))
        if live[0].index == 0:
            self._cache.tokens.append(tokens[0])

    def _take(
        self,
        request: Generate,
        candidate: Candidate,
        token: int,
        logprob: float,
        timing: Timing,
        emit: Emit,
    ) -> None:
        """Give a candidate its next token, and decide whether that was the last one."""
        timing.n_predicted += 1
        if self._llama.vocab.is_end(token):
            candidate.reason = EndReason.END
            return
        candidate.n_tokens += 1
        candidate.sum_logprob += logprob
        candidate.next_token = token
        floor = request.min_mean_logprob
        if floor is not None and candidate.sum_logprob / candidate.n_tokens < floor:
            candidate.reason = EndReason.CONFIDENCE
        elif candidate.stream.push(self._llama.vocab.piece(token), logprob):
            candidate.reason = EndReason.STOP
        elif candidate.n_tokens >= request.n_predict:
            candidate.reason = EndReason.LENGTH
        _emit(emit, request.id, candidate, candidate.stream.take())

    def _score(self, first: Logits, texts: list[list[int]]) -> list[tuple[float, ...]]:
        """Log-probabilities of texts after the cached prompt, in as few batches as fit."""
        logprobs = [[_logprob(first, text[0])] if text else [] for text in texts]
        group: list[int] = []
        n_rows = 0
        for index, text in enumerate(texts):
            n_new = max(len(text) - 1, 0)
            if group and (n_rows + n_new > N_OUTPUTS or len(group) == N_BRANCHES):
                self._score_group(group, texts, logprobs)
                group, n_rows = [], 0
            group.append(index)
            n_rows += n_new
        if n_rows:
            self._score_group(group, texts, logprobs)
        return [tuple(one) for one in logprobs]

    def _score_group(
        self, group: list[int], texts: list[list[int]], logprobs: list[list[float]]
    ) -> None:
        n_prompt = len(self._cache.tokens)
        tokens: list[int] = []
        positions: list[int] = []
        sequences: list[int] = []
        wanted: list[tuple[int, int]] = []
        branches = [self._cache.branch_sequence(k + 1) for k in range(len(group))]
        for branch, index in zip(branches, group, strict=True):
            self._llama.branch(self._cache.sequence, branch, n_prompt)
            for n, (token, following) in enumerate(pairwise(texts[index])):
                tokens.append(token)
                positions.append(n_prompt + n)
                sequences.append(branch)
                wanted.append((index, following))
        try:
            self._llama.decode(tokens, positions, sequences, range(len(tokens)))
            for row, (index, following) in enumerate(wanted):
                logprobs[index].append(_logprob(self._llama.logits(row), following))
        finally:
            for branch in branches:
                self._llama.truncate(branch, 0)

    def _forget_branches(self, candidates: Sequence[Candidate]) -> None:
        for candidate in candidates:
            self._llama.truncate(candidate.sequence, 0)


def _emit(emit: Emit, id: int, candidate: Candidate, tokens: tuple[tuple[str, float], ...]) -> None:
    text = "".join(text for text, _ in tokens)
    if text:
        emit(Chunk(id, candidate.index, text, tokens))


def _first_tokens(logits: Logits, request: Generate, candidates: list[Candidate]) -> list[int]:
    """Candidates differ from their first token on: the most probable ones, or samples."""
    if request.temperature > 0:
        return [_choose(logits, request.temperature, c.random) for c in candidates]
    if len(candidates) == 1:
        return [int(np.argmax(logits))]
    best = np.argsort(-logits, kind="stable")[: len(candidates)]
    return [int(token) for token in best]


def _choose(logits: Logits, temperature: float, random: Random) -> int:
    if temperature <= 0:
        return int(np.argmax(logits))
    weights = np.exp((logits - logits.max()) / temperature, dtype=np.float64)
    cumulative = np.cumsum(weights)
    return int(np.searchsorted(cumulative, random.random() * cumulative[-1], side="right"))


def _logprob(logits: Logits, token: int) -> float:
    highest = float(logits.max())
    total = float(np.exp(logits - highest).sum())
    return float(logits[token]) - highest - math.log(total)
