"""Which tokens are evaluated already: one keystroke costs only what is new.

Recent prompts live in *slots*, each a sequence of llama.cpp's cache, all within one pool of
cells. A slot that has to make room is copied to the host's memory when copying it back would
be quicker than evaluating it again. Prompts are compared token by token, not as text, so a
token boundary that moves when a character is added costs that token and no more.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.llama import N_BATCH, Aborted, Llama, NoRoom

N_SLOTS = 6
# Sequences beside the slots: candidates and scored alternatives.
N_BRANCHES = 32
N_SEQUENCES = N_SLOTS + N_BRANCHES + 1
SPARE = N_SEQUENCES - 1

# A prompt that leaves a longer tail of another one behind gets a slot of its own, sharing the
# cells of what they have in common; for a shorter one the tail is given up.
MAX_LOST_TOKENS = 48
# Moving fewer cells than this costs more, in lost accuracy, than it saves.
MIN_SHIFTED_TOKENS = 32
HOST_BYTES = 256 * 1024 * 1024


@dataclass(slots=True)
class Slot:
    """A prompt in the cache. `worth` decides who goes first: the cost to rebuild, and recency."""

    sequence: int
    tokens: list[int] = field(default_factory=list[int])
    n_prompt: int = 0  # the rest of `tokens` was generated
    worth: float = 0.0


@dataclass(slots=True)
class Saved:
    """A prompt whose state was copied out of the cache."""

    tokens: list[int]
    state: Any
    worth: float


class PromptCache:
    """Slots, and the one that is being worked on."""

    def __init__(self, llama: Llama, host_bytes: int = HOST_BYTES) -> None:
        self._llama = llama
        self._host_bytes = host_bytes
        self._free = [Slot(sequence) for sequence in range(N_SLOTS)]
        self._slots: list[Slot] = []
        self._saved: list[Saved] = []
        self._age = 0.0  # the worth of what was evicted last
        self._bytes_per_second = 1e9  # of a state; measured as states are saved
        self.seconds_per_token = 1e-3  # of prefill; measured while loading
        self.active = self._fresh_slot()
        self.n_evaluated = 0  # tokens, since the start

    @property
    def tokens(self) -> list[int]:
        """The active slot's tokens."""
        return self.active.tokens

    @property
    def sequence(self) -> int:
        return self.active.sequence

    def branch_sequence(self, index: int) -> int:
        """The sequence of the branch with this index, counted from 1."""
        return N_SLOTS + index - 1

    def prefill(self, prompt: list[int], shift: bool = False) -> None:
        """Evaluate `prompt`, ending with logits for its last token.

        `shift` allows cells of the prompt's end to move to another position, which is not
        exact. Raises `Aborted` with the finished micro-batches kept.
        """
        if len(prompt) >= self._llama.n_ctx:
            raise PromptTooLong(len(prompt), self._llama.n_ctx - 1)
        # The last token is evaluated in any case: its logits are not kept.
        wanted = prompt[:-1]
        n_kept = self._activate(wanted, shift)
        n_moved = self._common_end(wanted, n_kept) if shift else 0
        try:
            if n_moved:
                self._evaluate_around(wanted, n_kept, n_moved)
                self.extend(prompt[-1:])
            else:
                self.truncate(n_kept)
                self._evaluate(prompt[n_kept:])
        finally:
            self.active.n_prompt = len(self.active.tokens)
            self._touch()

    def extend(self, tokens: Sequence[int], outputs: Sequence[int] | None = None) -> None:
        """Evaluate `tokens` after what is there, with logits for the last one or `outputs`."""
        slot, start, n = self.active, len(self.active.tokens), len(tokens)
        rows = (n - 1,) if outputs is None else outputs
        try:
            self.decode(tokens, range(start, start + n), [slot.sequence] * n, rows)
        except Aborted:
            n = max(self._llama.n_cached(slot.sequence) - start, 0)
            raise
        finally:
            slot.tokens += tokens[:n]
            self.n_evaluated += n

    def decode(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        sequences: Sequence[int],
        outputs: Sequence[int],
    ) -> None:
        """`Llama.decode`, making room where there is none."""
        while True:
            try:
                return self._llama.decode(tokens, positions, sequences, outputs)
            except NoRoom:
                if not self._evict_one():
                    raise

    def truncate(self, n_kept: int) -> None:
        """Forget the active slot's tokens from `n_kept` on."""
        slot = self.active
        if n_kept < len(slot.tokens):
            self._llama.truncate(slot.sequence, n_kept)
            del slot.tokens[n_kept:]
            slot.n_prompt = min(slot.n_prompt, n_kept)

    def _evaluate(self, tokens: list[int]) -> None:
        for start in range(0, len(tokens), N_BATCH):
            part = tokens[start : start + N_BATCH]
            last = start + N_BATCH >= len(tokens)
            self.extend(part, outputs=(len(part) - 1,) if last else ())

    def _activate(self, wanted: list[int], shift: bool) -> int:
        """Make the slot active that serves best; returns how many of its tokens can stay."""
        best = max(self._slots, key=lambda slot: (common_length(slot.tokens, wanted), slot.worth))
        n_common = common_length(best.tokens, wanted)
        saved, n_saved = self._best_saved(wanted)
        if saved is not None and self._restoring_pays(saved, n_saved - n_common):
            return n_saved if self._restore(saved) else 0
        n_lost = best.n_prompt - n_common
        if n_lost > MAX_LOST_TOKENS and not shift:
            self.active = self._fresh_slot(keep=best)
            if n_common:
                self._llama.branch(best.sequence, self.active.sequence, n_common)
                self.active.tokens = wanted[:n_common]
        else:
            self.active = best
        return n_common

    def _fresh_slot(self, keep: Slot | None = None) -> Slot:
        if not self._free:
            self._evict_one(keep)
        slot = self._free.pop(0)
        self._slots.append(slot)
        return slot

    def _touch(self) -> None:
        """GreedyDual: what would take long to rebuild stays longer, but not for ever."""
        self.active.worth = self._age + self._seconds_to_rebuild(len(self.active.tokens))

    def _seconds_to_rebuild(self, n_tokens: int) -> float:
        return n_tokens * self.seconds_per_token

    def _evict_one(self, keep: Slot | None = None) -> bool:
        """Give up the slot that is worth least; False when only the active one is left."""
        others = [slot for slot in self._slots if slot is not self.active and slot is not keep]
        if not others:
            return False
        slot = min(others, key=lambda slot: slot.worth)
        self._age = max(self._age, slot.worth)
        self._save(slot)
        self._llama.truncate(slot.sequence, 0)
        self._slots.remove(slot)
        self._free.append(Slot(slot.sequence))
        return True

    def _save(self, slot: Slot) -> None:
        self._llama.truncate(slot.sequence, slot.n_prompt)
        tokens = slot.tokens[: slot.n_prompt]
        if not tokens:
            return
        n_bytes = self._llama.state_size(slot.sequence)
        copying_s = n_bytes / self._bytes_per_second
        if n_bytes > self._host_bytes or copying_s > self._seconds_to_rebuild(len(tokens)):
            return
        started = time.perf_counter()
        state = self._llama.save(slot.sequence)
        self._bytes_per_second = n_bytes / max(time.perf_counter() - started, 1e-6)
        self._saved.append(Saved(tokens, state, slot.worth))
        while sum(len(saved.state) for saved in self._saved) > self._host_bytes:
            self._saved.remove(min(self._saved, key=lambda saved: saved.worth))

    def _best_saved(self, wanted: list[int]) -> tuple[Saved | None, int]:
        found = [(common_length(saved.tokens, wanted), n) for n, saved in enumerate(self._saved)]
        n_common, index = max(found, default=(0, 0))
        return (self._saved[index], n_common) if n_common else (None, 0)

    def _restoring_pays(self, saved: Saved, n_gained: int) -> bool:
        copying_s = len(saved.state) / self._bytes_per_second
        return self._seconds_to_rebuild(n_gained) > copying_s

    def _restore(self, saved: Saved) -> bool:
        """Put a saved prompt into a slot of its own, which becomes the active one."""
        slot = self.active = self._fresh_slot()
        while not self._llama.restore(slot.sequence, saved.state):
            if not self._evict_one():
                return False
        self._saved.remove(saved)
        slot.tokens, slot.n_prompt = saved.tokens, len(saved.tokens)
        return True

    def _common_end(self, wanted: list[int], n_kept: int) -> int:
        """How many tokens at the end of the active slot's prompt are also at `wanted`'s end."""
        slot = self.active
        if not self._llama.info.can_shift or not slot.n_prompt:
            return 0
        old = slot.tokens[n_kept : slot.n_prompt - 1]
        new = wanted[n_kept:]
        n = common_length(old[::-1], new[::-1])
        if n < MIN_SHIFTED_TOKENS:
            return 0
        # Cells that another slot shares must stay where they are.
        start = slot.n_prompt - 1 - n
        shared = any(
            common_length(other.tokens, slot.tokens) > start
            for other in self._slots
            if other is not slot
        )
        return 0 if shared else n

    def _evaluate_around(self, wanted: list[int], n_kept: int, n_moved: int) -> None:
        """Evaluate what is new before the prompt's end, and move the end's cells behind it."""
        slot, llama = self.active, self._llama
        end = slot.n_prompt - 1
        start = end - n_moved
        n_new = len(wanted) - n_moved
        llama.branch(slot.sequence, SPARE, end, start)
        self.truncate(n_kept)
        try:
            self._evaluate(wanted[n_kept:n_new])
            llama.shift(SPARE, start, end, n_new - start)
            llama.append(SPARE, slot.sequence)
            slot.tokens += wanted[n_new:]
        finally:
            llama.truncate(SPARE, 0)


def common_length(one: list[int], other: list[int]) -> int:
    """How many tokens two sequences have in common at the start."""
    n = min(len(one), len(other))
    if one[:n] == other[:n]:
        return n
    return next(i for i in range(n) if one[i] != other[i])
