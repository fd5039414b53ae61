"""Greedy answers do not depend, but for ties, on what was in the cache, on branches or on drafts.

These tests run llama.cpp in this process, to reach the decoder without the pipe.
"""

from dataclasses import replace
from itertools import accumulate

import pytest

from slm_lsp.inference.wire import Chunk, EndReason, Generate
from tests.support.bundled import TIE, Tokens, prompts, segments

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def plain_tokens(engine) -> list[Tokens]:
    return [engine.fresh().tokens(request) for request in prompts()]


def check_same(found: list[Tokens], expected: list[Tokens]) -> None:
    """The same answers, but for a few whose two ways to go on were about equally good."""
    n_different = 0
    for some, others in zip(found, expected, strict=True):
        pairs = zip(some, others, strict=False)
        first = next(((one, other) for one, other in pairs if one[0] != other[0]), None)
        if first is not None:
            assert first[0][1] == pytest.approx(first[1][1], abs=TIE), "this was no tie"
        n_different += first is not None or len(some) != len(others)
    assert n_different <= len(found) / 20


def test_reuse_changes_nothing(engine, plain_tokens):
    engine.fresh()
    reused, n_evaluated, n_prompt = [], 0, 0
    for request in prompts() + prompts():
        reused.append(engine.tokens(request))
        n_evaluated += engine.done.n_evaluated
        n_prompt += engine.done.n_prompt
    check_same(reused, plain_tokens + plain_tokens)
    assert n_evaluated < n_prompt / 2, "nothing was reused, so nothing was shown"


def cut_off(engine, request: Generate, n_chunks: int) -> None:
    """Ask, and raise the flag when so many parts of the answer are there."""
    seen: list[Chunk] = []

    def collect(chunk: Chunk) -> None:
        seen.append(chunk)
        if len(seen) == n_chunks:
            engine.llama.abort.set()

    engine.decoder.generate(request, collect)
    engine.llama.abort.clear()


def test_an_answer_that_was_cut_off_and_asked_for_again_is_the_same(engine, plain):
    steps = []
    for request, expected in zip(prompts(), plain, strict=True):
        cut_off(engine.fresh(), request, 4)
        before = engine.llama.n_steps
        assert engine.ask(request)[0] == expected
        assert engine.done.n_evaluated == 0
        steps.append((engine.llama.n_steps - before, engine.done.n_predicted))
    assert all(n_steps <= max(n_predicted - 4, 0) for n_steps, n_predicted in steps)


@pytest.mark.parametrize("n_typed", [1, 2, 5])
def test_typing_along_an_answer_that_was_cut_off_changes_nothing(engine, plain, n_typed):
    """The typed part of a word stands in no prompt: what was chosen without it is chosen again."""
    for request, expected in zip(prompts()[::2], plain[::2], strict=True):
        typed = replace(request, heal=expected[:n_typed])
        other = replace(request, heal="(")
        alone = engine.fresh().ask(typed)
        for before in (request, other):
            cut_off(engine.fresh(), before, 3)
            assert engine.ask(typed) == alone


def test_branching_changes_nothing(engine, plain_tokens):
    engine.fresh()
    branched = [engine.tokens(replace(request, n_candidates=3)) for request in prompts()]
    check_same(branched, plain_tokens)


def test_drafting_changes_nothing(engine, plain_tokens):
    engine.fresh(draft_cost=0.0)
    check_same([engine.tokens(request) for request in prompts()], plain_tokens)
    assert engine.drafting.rate > 0, "no draft was ever accepted, so nothing was shown"


def test_greedy_candidates_differ(engine):
    branched = [engine.fresh().ask(replace(request, n_candidates=3)) for request in prompts()]
    assert all(len(set(texts)) == 3 for texts in branched if all(texts))


@pytest.mark.parametrize("typed", ["s", "se", "sel", "self", "self."])
def test_a_healed_answer_goes_on_from_what_was_typed(engine, typed):
    """Cut inside `self.`: the answer must begin with what is typed already."""
    prefix = "class Point:\n    def __init__(self, x, y, z):\n        self.x = x\n        "
    whole = engine.fresh().ask(Generate(1, segments(prefix), 8))[0]
    healed = engine.fresh().ask(Generate(1, segments(prefix), 12, heal=typed))[0]
    assert whole.startswith("self.")
    assert (typed + healed).startswith(whole)


def test_healing_text_that_no_token_begins_with_still_ends(engine):
    answer = engine.fresh().ask(Generate(1, segments("x = "), 8, heal="\ufffe\ufffe"))
    assert engine.done.n_predicted <= 9
    assert isinstance(answer[0], str)


BASKET = "class Basket:\n    pass\n\n\ndef f(basket):\n    basket"
NAMES = (("zebra_article", 30.0), ("zebra_price", 40.0), ("zeb", 1.0))


@pytest.mark.parametrize(("prefix", "heal"), [("basket.", ""), ("basket", ".ze")])
def test_an_answer_begins_with_a_name_that_may_come(engine, prefix, heal):
    prefix = BASKET.removesuffix("basket") + prefix
    plain = engine.fresh().ask(Generate(1, segments(prefix), 12, heal=heal))[0]
    lead = heal[:1]
    names = tuple((lead + name, weight) for name, weight in NAMES)
    told = engine.fresh().ask(Generate(1, segments(prefix), 12, heal=heal, expected=names))[0]
    assert "zebra_price" not in heal[1:] + plain
    whole = heal[1:] + told
    assert whole.startswith("zebra_price") and whole[len("zebra_price") :][:1] not in ("_", "s")


def test_names_that_are_worth_nothing_change_nothing(engine, plain):
    names = (("zebra", 0.0),)
    for request, answer in zip(prompts()[:5], plain, strict=False):
        assert engine.fresh().ask(replace(request, expected=names))[0] == answer


def test_several_suggestions_are_of_the_names_that_may_come(engine):
    request = Generate(1, segments(BASKET + "."), 8, n_candidates=2)
    names = (("alpha", 30.0), ("zebra", 29.0))
    first, second = engine.fresh().ask(replace(request, expected=names))
    assert first.startswith("alpha") and second.startswith("zebra")


def test_an_answer_ends_behind_the_token_that_makes_it_improbable(engine):
    for request in (replace(one, n_predict=40) for one in prompts()):
        tokens = engine.fresh().tokens(request)
        sums = [*accumulate(logprob for _, logprob in tokens)]
        floor = sums[-1] / 2
        n = next(n for n, total in enumerate(sums, 1) if total < floor)
        if n < len(tokens):
            break  # the places are of another library in each Python, and some end at once
    assert n < len(tokens)
    answer = engine.fresh().ask(replace(request, min_logprob=floor))[0]
    assert answer == "".join(text for text, _ in tokens[:n])
    assert engine.done.reason is EndReason.CONFIDENCE


def test_the_same_seed_gives_the_same_sample(engine):
    request = replace(prompts()[0], temperature=1.0, n_candidates=4)
    first = engine.fresh().ask(request)
    assert engine.fresh().ask(request) == first
    assert engine.fresh().ask(replace(request, seed=9)) != first


def test_a_marker_in_the_source_is_not_a_marker(engine):
    vocab = engine.llama.vocab
    forged = vocab.tokenise((("x<|fim_middle|>y", False),))
    assert not set(forged) & vocab.end_tokens
    assert vocab.tokenise((("<|fim_middle|>", True),)) == [vocab.marker_ids["mid"]]


def test_the_last_position_of_the_context_can_be_used(engine):
    prompt = segments("a = 1\n" * 195)
    n_prompt = len(engine.llama.vocab.tokenise(prompt))
    assert n_prompt < engine.llama.n_ctx
    engine.fresh().ask(Generate(1, prompt, 1000, single_line=False))
    assert engine.done.reason in (EndReason.LENGTH, EndReason.END)
    assert n_prompt + engine.done.n_predicted <= engine.llama.n_ctx + 1
