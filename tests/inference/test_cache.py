"""Whatever was asked before, the cache holds exactly the prompt that is asked now."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.cache import MAX_LOST_TOKENS, PromptCache
from slm_lsp.inference.kept_logits import KeptLogits
from slm_lsp.inference.llama import Aborted
from tests.support.fake_llama import FakeLlama, says


class Ticks:
    """A clock that goes on by as much at each look."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._now = seconds, 0.0

    def __call__(self) -> float:
        self._now += self._seconds
        return self._now


def make(llama: FakeLlama, **options: int) -> PromptCache:
    """Evaluating takes long, so that copying pays."""
    return PromptCache(llama, clock=Ticks(1.0), **options)  # type: ignore[arg-type]


# Prompts that share beginnings and ends, as prompts of a few files under edit do.
PARTS = st.sampled_from([list(range(n * 100, n * 100 + 60)) for n in range(4)])
SHORT = st.lists(st.integers(0, 5), max_size=5)
PROMPTS = st.lists(
    st.tuples(PARTS, SHORT, PARTS, SHORT).map(lambda parts: [*sum(parts, []), 999]), max_size=12
)


@settings(deadline=None)
@given(PROMPTS, st.booleans(), st.sampled_from([0, 2000, 1_000_000]))
def test_the_cache_holds_the_prompt(prompts, shift, host_bytes):
    llama = FakeLlama()
    cache = make(llama, host_bytes=host_bytes)
    for prompt in prompts:
        cache.prefill(prompt, shift)
        assert llama.content() == cache.tokens
        assert cache.tokens[: len(prompt)] == prompt and cache.n_prompt == len(prompt)
        assert [*cache.logits(len(prompt) - 1)] == says(prompt)
        cache.truncate(len(prompt))
        cache.extend([7, 8])


@settings(deadline=None)
@given(PROMPTS, st.data())
def test_an_abort_keeps_the_finished_micro_batches(prompts, data):
    llama = FakeLlama()
    cache = make(llama)
    for prompt in prompts:
        llama.abort_after = data.draw(st.integers(0, 150))
        try:
            cache.prefill(prompt)
        except Aborted:
            assert llama.content() == cache.tokens
        llama.abort_after = None
        cache.prefill(prompt)
        assert llama.content()[: len(prompt)] == prompt
        assert [*cache.logits(len(prompt) - 1)] == says(prompt)


@settings(deadline=None)
@given(PROMPTS, st.lists(st.lists(st.integers(0, 2), max_size=6), min_size=12, max_size=12))
def test_an_answer_gets_the_logits_of_what_it_went_through(prompts, answers):
    """Whatever the answers before went through, and wherever they were cut off."""
    llama = FakeLlama()
    cache = make(llama)
    for prompt, answer in zip(prompts, answers, strict=False):
        cache.prefill(prompt)
        for n, token in enumerate(answer):
            way = [*prompt, *answer[: n + 1]]
            assert [*cache.step(len(prompt) + n, token)] == says(way)
            assert llama.content()[: len(way)] == way


def evaluated(cache: PromptCache, prompt: list[int], shift: bool = False) -> int:
    before = cache.n_evaluated
    cache.prefill(prompt, shift)
    return cache.n_evaluated - before


FILE_A, FILE_B, FILE_C = list(range(500)), list(range(1000, 1600)), list(range(2000, 2300))


def test_one_keystroke_costs_what_is_new():
    cache = make(FakeLlama())
    assert evaluated(cache, [*FILE_A, 999]) == 501
    assert evaluated(cache, [*FILE_A, 1, 999]) == 2
    assert evaluated(cache, [*FILE_A, 999]) == 1
    assert evaluated(cache, [*FILE_A, 999]) == 0


def test_an_answer_that_was_cut_off_goes_on_where_it_was():
    llama = FakeLlama()
    cache = make(llama)
    evaluated(cache, [*FILE_A, 999])
    answer = [3, 1, 4, 1, 5]
    for n, token in enumerate(answer):
        cache.step(501 + n, token)
    before = cache.n_evaluated
    # Half a word more was typed, which no prompt holds; and then the first two tokens.
    cache.prefill([*FILE_A, 999])
    cache.step(501, 3)
    cache.prefill([*FILE_A, 999, 3, 1])
    assert [*cache.step(503, 4)] == says([*FILE_A, 999, 3, 1, 4])
    assert cache.n_evaluated == before, "all of it was known"
    cache.step(504, 9)
    assert cache.n_evaluated == before + 1 and llama.content() == [*FILE_A, 999, 3, 1, 4, 9]


def test_as_many_logits_are_kept_as_there_is_room_for():
    kept = KeptLogits(3, n_bytes=4 * 3 * 4)
    for position in range(6):
        kept.keep(position, np.full(3, position, np.float32))
    assert [kept.behind(position) is None for position in range(7)] == [
        True, True, False, False, False, False, True,
    ]  # fmt: skip
    assert kept.behind(-1) is None
    kept.forget_from(4)
    assert kept.behind(4) is None and [*kept.behind(3)] == [3, 3, 3]


def test_going_back_to_another_file_costs_one_token():
    cache = make(FakeLlama())
    evaluated(cache, [*FILE_A, 999])
    evaluated(cache, [*FILE_B, 999])
    assert evaluated(cache, [*FILE_A, 999]) == 1
    assert evaluated(cache, [*FILE_B, 999]) == 1


def test_the_host_keeps_no_more_than_its_budget():
    cache = make(FakeLlama(), host_bytes=6500)
    evaluated(cache, [*FILE_A, 999])
    evaluated(cache, [*FILE_B, 999])
    assert evaluated(cache, [*FILE_A, 999]) == 1
    assert evaluated(cache, [*FILE_B, 999]) == 1, "one waits while the other is worked on"
    evaluated(cache, [*FILE_C, 999])
    assert evaluated(cache, [*FILE_A, 999]) == 501, "601 tokens are 6,010 bytes and took its place"


def test_stages_of_one_prompt_take_one_place():
    llama = FakeLlama()
    cache = make(llama)
    for n_typed in range(0, 40, 10):
        evaluated(cache, [*FILE_A, *range(n_typed), 999])
        evaluated(cache, [*FILE_B, *range(n_typed), 999])
    assert len(cache._saved) == 2


def test_what_is_quicker_evaluated_than_copied_is_not_saved():
    cache = make(FakeLlama())
    cache.seconds_per_token = 1e-12
    evaluated(cache, [*FILE_A, 999])
    evaluated(cache, [*FILE_B, 999])
    assert evaluated(cache, [*FILE_A, 999]) == 501


def test_generated_tokens_are_not_worth_saving():
    llama = FakeLlama()
    cache = make(llama)
    evaluated(cache, [*FILE_A, 999])
    cache.extend(list(range(2000, 2000 + 2 * MAX_LOST_TOKENS)))
    evaluated(cache, [*FILE_A, 1, 999])
    assert llama.states == []


def test_a_suffix_after_the_prefix_moves_along():
    cache = make(FakeLlama(n_ctx=2000))
    prefix, suffix = FILE_A, [900, *FILE_B]
    evaluated(cache, [*prefix, *suffix, 999])
    cache.extend([5, 6])
    assert evaluated(cache, [*prefix, 1, 2, *suffix, 999], shift=True) == 3
    assert evaluated(cache, [*prefix[:-3], *suffix, 999], shift=True) == 1


def test_moving_is_not_cut_off_half_way():
    """A key cancels the question while what is new before the suffix is evaluated."""
    llama = FakeLlama(n_ctx=2000)
    cache = make(llama)
    cache.seconds_per_token = 1.0
    suffix = [900, *FILE_B]
    evaluated(cache, [*FILE_A, *suffix, 999])
    decode = llama.decode

    def cancelled_meanwhile(*batch):
        decode(*batch)
        llama.abort.set()

    llama.decode = cancelled_meanwhile
    cache.prefill([*FILE_A, 1, *suffix, 999], shift=True)
    llama.decode = decode
    assert llama.abort.function(llama.abort.argument), "what comes next is stopped"
    llama.abort.clear()
    assert evaluated(cache, [*FILE_A, 1, 2, *suffix, 999], shift=True) == 2


def test_without_leave_nothing_is_moved():
    cache = make(FakeLlama(n_ctx=2000))
    evaluated(cache, [*FILE_A, *FILE_B, 999])
    assert evaluated(cache, [*FILE_A, 1, *FILE_B, 999]) == 602


def test_a_prompt_that_fills_the_context_is_refused():
    cache = make(FakeLlama(n_ctx=100))
    with pytest.raises(PromptTooLong):
        cache.prefill(list(range(100)))
    assert evaluated(cache, list(range(99))) == 99


def test_a_slow_model_gets_on_although_every_key_cuts_it_off():
    """Each question is cut off at once, and yet the prompt is read part by part."""
    llama = FakeLlama()
    cache = make(llama)
    cache.seconds_per_token = 1.0
    prompt = list(range(100))
    decode, cuts = llama.decode, 0

    def cut_off(*batch):
        if llama.abort.is_set():
            raise Aborted
        llama.abort.set()
        decode(*batch)

    llama.decode = cut_off
    while len(cache.tokens) < len(prompt):
        llama.abort.clear()
        try:
            cache.prefill(prompt)
        except Aborted:
            cuts += 1
    assert cuts == 3 and llama.content() == prompt


def test_a_speed_measured_beside_other_work_does_not_count_for_ever() -> None:
    cache = PromptCache(FakeLlama(), clock=Ticks(0.02))  # type: ignore[arg-type]
    cache.seconds_per_token = 0.01
    cache.prefill(list(range(10)))
    assert cache.seconds_per_token == 0.01, "a few tokens say nothing of prefill"
    cache.prefill(list(range(200)))
    assert cache.seconds_per_token <= 0.02 / 32
