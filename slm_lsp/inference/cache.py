"""Which tokens are evaluated already: one keystroke costs only what is new.

One prompt is in llama.cpp's cache; other recent ones (files the user goes back to, prompts of
the diagnostics) wait in the host's memory, where copying them back is quicker than evaluating
them again. Prompts are compared token by token, not as text, so a token boundary that moves
when a character is added costs that token and no more.

Position n is always cell n, so attention adds up the same numbers in the same order, whatever was
asked before. What is left is that llama.cpp sums one row in another order than several.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.kept_logits import KeptLogits
from slm_lsp.inference.llama import N_BATCH, N_UBATCH, Aborted, Llama, NoRoom
from slm_lsp.inference.sampling import Logits

# Sequences beside the prompt's: candidates and scored alternatives, and one to move cells with.
PROMPT = 0
N_BRANCHES = 32
SPARE = 1 + N_BRANCHES
N_SEQUENCES = SPARE + 1

# A prompt is put aside when the next one would drop more of it than this; less is evaluated
# again sooner than copied.
MAX_LOST_TOKENS = 48
# Moving fewer cells than this costs more, in lost accuracy, than it saves.
MIN_SHIFTED_TOKENS = 32
# What is aborted inside a micro-batch is lost. A slow model, cut off at every key, would never
# get on: it reads the prompt in parts of about this time, and finishes the one it is in. Parts
# are no shorter than makes a pass over the weights worth it.
PART_S = 0.06
MIN_PART_TOKENS = 32
HOST_BYTES = 128 * 1024 * 1024


@dataclass(slots=True)
class Saved:
    """A prompt whose state was copied out. `worth` decides who is forgotten first."""

    tokens: list[int]
    state: Any
    worth: float


class PromptCache:
    """The prompt in llama.cpp's cache, and those that wait beside it."""

    def __init__(
        self,
        llama: Llama,
        host_bytes: int = HOST_BYTES,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._llama = llama
        self._clock = clock
        self._host_bytes = host_bytes
        self._saved: list[Saved] = []
        self._age = 0.0  # the worth of what was forgotten last
        self._bytes_per_second = 1e9  # of copying a state; measured whenever one is saved
        # Of prefill, at its best so far: measured while loading, perhaps beside other work.
        self.seconds_per_token = 1e-3
        self._logits = KeptLogits(llama.vocab.n_tokens)
        self.tokens: list[int] = []
        self.n_prompt = 0  # the rest of `tokens` was generated
        self.n_evaluated = 0  # tokens, since the start

    def prefill(self, prompt: list[int], shift: bool = False) -> None:
        """Evaluate `prompt`, so that `logits` knows what comes behind it.

        What an answer before went on with may stay behind it, for `step` to go the same way.
        `shift` allows cells of the prompt's end to move to another position, which is not
        exact. Raises `Aborted` with the finished micro-batches kept.
        """
        if len(prompt) >= self._llama.n_ctx:
            raise PromptTooLong(len(prompt), self._llama.n_ctx - 1)
        if (
            self.tokens[: len(prompt)] == prompt
            and self._logits.behind(len(prompt) - 1) is not None
        ):
            self.n_prompt = len(prompt)
            return
        # The last token is evaluated in any other case: for its logits.
        wanted = prompt[:-1]
        n_kept = common_length(self.tokens, wanted)
        n_moved = self._common_end(wanted, n_kept) if shift else 0
        try:
            if n_moved:
                self._evaluate_around(prompt, n_kept, n_moved)
            else:
                n_kept = self._put_aside_or_take_up(wanted, n_kept)
                self.truncate(n_kept)
                self._evaluate(prompt[n_kept:])
        finally:
            self.n_prompt = len(self.tokens)

    def logits(self, position: int) -> Logits:
        """What the model says behind the token at `position`; valid until the next evaluation."""
        row = self._logits.behind(position)
        if row is None:
            raise LookupError(f"nobody asked for the logits behind token {position}")
        return row

    def step(self, position: int, token: int) -> Logits:
        """The logits behind `token`, which an answer chose for `position`.

        Free where the answer before chose the same; what it chose from there on is forgotten
        where not.
        """
        if not self.knows(position, token):
            self.truncate(position)
            self.extend([token])
        return self.logits(position)

    def knows(self, position: int, token: int) -> bool:
        """Whether `step` is free."""
        if position >= len(self.tokens) or self.tokens[position] != token:
            return False
        return self._logits.behind(position) is not None

    def extend(self, tokens: Sequence[int], outputs: Sequence[int] | None = None) -> None:
        """Evaluate `tokens` after what is there, with logits for the last one or `outputs`."""
        start, n = len(self.tokens), len(tokens)
        rows = (n - 1,) if outputs is None else outputs
        try:
            self._llama.decode(tokens, range(start, start + n), [PROMPT] * n, rows)
        except Aborted:
            n = max(self._llama.n_cached(PROMPT) - start, 0)
            raise
        except NoRoom:
            n = 0
            raise
        finally:
            self.tokens += tokens[:n]
            self.n_evaluated += n
        for row in rows:
            self._logits.keep(start + row, self._llama.logits(row))

    def truncate(self, n_kept: int) -> None:
        """Forget the tokens from `n_kept` on."""
        if n_kept < len(self.tokens):
            self._llama.truncate(PROMPT, n_kept)
            self._logits.forget_from(n_kept)
            del self.tokens[n_kept:]
            self.n_prompt = min(self.n_prompt, n_kept)

    def _evaluate(self, tokens: list[int]) -> None:
        slow = self._seconds_to_evaluate(N_UBATCH) > PART_S
        n_part = min(N_BATCH, max(MIN_PART_TOKENS, int(PART_S / self.seconds_per_token)))
        for start in range(0, len(tokens), n_part):
            part = tokens[start : start + n_part]
            last = start + n_part >= len(tokens)
            started = self._clock()
            with self._llama.abort.held() if slow else nullcontext():
                self.extend(part, outputs=(len(part) - 1,) if last else ())
            if len(part) >= MIN_PART_TOKENS:
                seen = (self._clock() - started) / len(part)
                self.seconds_per_token = min(self.seconds_per_token, seen)

    def _put_aside_or_take_up(self, wanted: list[int], n_common: int) -> int:
        """Save what is about to be lost, restore what fits better; returns what can stay."""
        saved, n_saved = self._best_saved(wanted)
        if self.n_prompt - n_common > MAX_LOST_TOKENS:
            self._save(n_common)
        if saved is None or not self._copying_pays(len(saved.state), n_saved - n_common):
            return n_common
        self.truncate(0)
        if not self._llama.restore(PROMPT, saved.state):
            return 0
        saved.worth = self._age + self._seconds_to_evaluate(len(saved.tokens))
        self.tokens = list(saved.tokens)
        return n_saved

    def _best_saved(self, wanted: list[int]) -> tuple[Saved | None, int]:
        found = [(common_length(saved.tokens, wanted), n) for n, saved in enumerate(self._saved)]
        n_common, index = max(found, default=(0, 0))
        return (self._saved[index], n_common) if n_common else (None, 0)

    def _save(self, n_common: int) -> None:
        """Copy the prompt out, where that is quicker than evaluating its tail again."""
        self.truncate(self.n_prompt)
        n_bytes = self._llama.state_size(PROMPT)
        n_lost = self.n_prompt - n_common
        if n_bytes > self._host_bytes or not self._copying_pays(n_bytes, n_lost):
            return
        started = time.perf_counter()
        state = self._llama.save(PROMPT)
        self._bytes_per_second = n_bytes / max(time.perf_counter() - started, 1e-6)
        # An earlier stage of the same prompt is not worth keeping beside it.
        self._saved = [saved for saved in self._saved if not self._is_stage(saved)]
        worth = self._age + self._seconds_to_evaluate(self.n_prompt)
        self._saved.append(Saved(self.tokens[: self.n_prompt], state, worth))
        while sum(len(saved.state) for saved in self._saved) > self._host_bytes:
            self._forget_one()

    def _is_stage(self, saved: Saved) -> bool:
        n_common = common_length(saved.tokens, self.tokens)
        return len(saved.tokens) - n_common <= MAX_LOST_TOKENS

    def _forget_one(self) -> None:
        """GreedyDual: what takes long to rebuild stays longer, but not for ever."""
        least = min(self._saved, key=lambda saved: saved.worth)
        self._age = max(self._age, least.worth)
        self._saved.remove(least)

    def _copying_pays(self, n_bytes: int, n_tokens: int) -> bool:
        return n_bytes / self._bytes_per_second < self._seconds_to_evaluate(n_tokens)

    def _seconds_to_evaluate(self, n_tokens: int) -> float:
        return n_tokens * self.seconds_per_token

    def _common_end(self, wanted: list[int], n_kept: int) -> int:
        """How many tokens at the end of the cached prompt are also at the end of `wanted`."""
        if not self._llama.info.can_shift or not self.n_prompt:
            return 0
        old = self.tokens[n_kept : self.n_prompt - 1]
        n = common_length(old[::-1], wanted[n_kept:][::-1])
        return n if n >= MIN_SHIFTED_TOKENS else 0

    def _evaluate_around(self, prompt: list[int], n_kept: int, n_moved: int) -> None:
        """Evaluate what is new before the prompt's end, and move the end's cells behind it."""
        llama, wanted = self._llama, prompt[:-1]
        end = self.n_prompt - 1
        start = end - n_moved
        n_new = len(wanted) - n_moved
        llama.branch(PROMPT, SPARE, end, start)
        self.truncate(n_kept)
        try:
            self._evaluate(wanted[n_kept:n_new])
            # llama.cpp turns moved keys to their positions within the next batch; stopped there, it
            # leaves some of them as they were, and turns the others once more the next time.
            with llama.abort.held(although_raised=True):
                llama.shift(SPARE, start, end, n_new - start)
                llama.append(SPARE, PROMPT)
                self.tokens += wanted[n_new:]
                self.extend(prompt[-1:])
        finally:
            llama.truncate(SPARE, 0)


def common_length(one: list[int], other: list[int]) -> int:
    """How many tokens two sequences have in common at the start."""
    n = min(len(one), len(other))
    if one[:n] == other[:n]:
        return n
    return next(i for i in range(n) if one[i] != other[i])
