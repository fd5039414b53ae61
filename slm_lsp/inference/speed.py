"""How fast this model is on this machine, measured while loading: decide, don't guess."""

import time
from dataclasses import dataclass

from slm_lsp.inference.cpu import LoadMeter
from slm_lsp.inference.llama import N_UBATCH, Llama

# Batches at first try and, where these were quick, at the second.
N_FIRST, N_SECOND = 16, N_UBATCH
QUICK_S = 0.02
N_DECODES = 3
N_DRAFT = 4
# With other work beside the measurement: what gains from all threads once that is over. A token
# that takes so long on one thread always does, and with every model a batch of so many tokens.
SLOW_TOKEN_S = 0.02
BUSY_GUESS = 64


@dataclass(frozen=True, slots=True)
class Curve:
    """Seconds for a batch as a straight line through two measured sizes."""

    one_s: float  # a batch of one token
    many_s: float  # a batch of `n_many`
    n_many: int

    def seconds(self, n_tokens: int) -> float:
        slope = max(0.0, self.many_s - self.one_s) / (self.n_many - 1)
        return self.one_s + slope * (n_tokens - 1)

    @property
    def prefill_tokens_per_second(self) -> float:
        return self.n_many / self.many_s

    @property
    def decode_tokens_per_second(self) -> float:
        return 1 / self.one_s


class ThreadChoice:
    """One thread or all: waiting for each other is passive, so it costs small batches dearly.

    A batch of one token of the bundled model takes 1 ms on one thread, 5 ms on two; 128 tokens
    take 27 ms and 20 ms. Threads that have no core of their own only make the others wait.
    """

    def __init__(self, n_threads: int, one: Curve, all_: Curve, load: LoadMeter) -> None:
        self._n_threads = n_threads
        self._load = load
        # The smallest batch that gains from all threads. What was measured beside other work
        # says nothing of the time when that is over.
        sizes = (1, 2, 4, 8, 16, 32, 64, N_UBATCH)
        gaining = [n for n in sizes if all_.seconds(n) < one.seconds(n)]
        self.n_worth_it = min(gaining, default=N_UBATCH * 1000)
        if load.n_others() >= n_threads:
            self.n_worth_it = 1 if one.one_s > SLOW_TOKEN_S else BUSY_GUESS

    def __call__(self, n_tokens: int) -> int:
        if self._n_threads == 1 or n_tokens < self.n_worth_it:
            return 1
        n_idle = self._n_threads - self._load.n_others()
        return max(1, min(self._n_threads, n_idle))


@dataclass(frozen=True, slots=True)
class Speed:
    """The measured speed with the threads that were chosen."""

    prefill_tokens_per_second: float
    decode_tokens_per_second: float
    draft_cost: float  # a batch of 1 + N_DRAFT tokens, in batches of one


def measure(llama: Llama, n_threads: int, load: LoadMeter) -> Speed:
    """Run batches of every kind. What crashes this CPU shall do so now, while loading."""
    one = _curve(llama, 1)
    all_ = one if n_threads == 1 else _curve(llama, n_threads)
    choice = ThreadChoice(n_threads, one, all_, load)
    llama.threads_for = choice
    draft_s = min(_seconds(llama, 1 + N_DRAFT) for _ in range(N_DECODES))
    # Threads that wait for a core make the measurement a thousand times too slow, never too fast.
    return Speed(
        max(one.prefill_tokens_per_second, all_.prefill_tokens_per_second),
        max(one.decode_tokens_per_second, all_.decode_tokens_per_second),
        draft_s / min(one.one_s, all_.one_s),
    )


def _curve(llama: Llama, n_threads: int) -> Curve:
    llama.threads_for = lambda n_tokens: n_threads
    n_many = N_FIRST
    many_s = _seconds(llama, n_many)
    if many_s < QUICK_S:
        n_many = N_SECOND
        many_s = min(_seconds(llama, n_many) for _ in range(2))
    one_s = min(_seconds(llama, 1) for _ in range(N_DECODES))
    return Curve(one_s, many_s, n_many)


def _seconds(llama: Llama, n_tokens: int) -> float:
    """The time of one batch; it leaves nothing behind."""
    started = time.perf_counter()
    llama.decode([0] * n_tokens, range(n_tokens), [0] * n_tokens, range(min(n_tokens, 8)))
    llama.logits(-1)
    elapsed = time.perf_counter() - started
    llama.truncate(0, 0)
    return elapsed
