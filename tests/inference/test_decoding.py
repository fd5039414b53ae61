"""Greedy answers do not depend, but for ties, on what was in the cache, on branches or on drafts.

These tests run llama.cpp in this process, to reach the decoder without the pipe.
"""

import math
import sysconfig
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from random import Random

import pytest

from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.abort import AbortFlag
from slm_lsp.inference.wire import Chunk, EndReason, Generate, Load, Score
from tests.inference.test_model_contract import BUNDLED, segments

pytestmark = pytest.mark.model

N_PROMPTS = 40
# llama.cpp sums up one row in another order than several, so a few tokens in a hundred come out
# with logits that are up to 0.13 apart. Where that changes a greedy choice, it was a tie.
TIE = 0.15  # of natural-log probability

Tokens = list[tuple[str, float]]


class Engine:
    """A decoder over the bundled model."""

    def __init__(self) -> None:
        from slm_lsp.inference.cache import N_SEQUENCES
        from slm_lsp.inference.llama import Llama

        # Nobody would start this process again after a crash of llama.cpp's fast path.
        load = Load(str(BUNDLED), "0" * 64, 1024, 1, safe_mode=True)
        self.llama = Llama(load, AbortFlag(), n_sequences=N_SEQUENCES)
        self.fresh()

    def fresh(self, draft_cost: float = 1e9) -> "Engine":
        """Forget everything. A cost near 1 makes drafting pay always, a huge one never."""
        from slm_lsp.inference.cache import N_SEQUENCES, PromptCache
        from slm_lsp.inference.decoding import Decoder
        from slm_lsp.inference.lookup import DraftPolicy

        for sequence in range(N_SEQUENCES):
            self.llama.truncate(sequence, 0)
        self.cache = PromptCache(self.llama)
        self.drafting = DraftPolicy(draft_cost)
        self.decoder = Decoder(self.llama, self.cache, self.drafting, lambda: EndReason.CANCELLED)
        return self

    def ask(self, request: Generate) -> list[str]:
        texts = [""] * request.n_candidates

        def collect(chunk: Chunk) -> None:
            texts[chunk.candidate] += chunk.text

        self.done = self.decoder.generate(request, collect)
        return texts

    def tokens(self, request: Generate) -> Tokens:
        """The first candidate's tokens."""
        found: Tokens = []

        def collect(chunk: Chunk) -> None:
            if chunk.candidate == 0:
                found.extend(chunk.tokens)

        self.done = self.decoder.generate(request, collect)
        return found


@pytest.fixture(scope="module")
def engine():
    return Engine()


def prompts() -> list[Generate]:
    """Places in Python's own library: cursors that jump, and cursors that type on."""
    random = Random(3)
    library = Path(sysconfig.get_paths()["stdlib"])
    sources = [path.read_text("utf-8") for path in sorted(library.glob("*.py"))]
    texts = [text for text in sources if len(text) > 1200]
    requests = []
    while len(requests) < N_PROMPTS:
        text = random.choice(texts)
        cursor = random.randrange(400, len(text) - 400)
        for typed in range(random.choice([1, 1, 4])):
            at = cursor + typed
            suffix = text[cursor + 20 : cursor + 320]
            prompt = segments(text[max(0, at - 900) : at], suffix)
            requests.append(Generate(len(requests), prompt, 16, single_line=False))
    return requests


@pytest.fixture(scope="module")
def plain(engine) -> list[str]:
    """Each answer from an empty cache, one token at a time."""
    return [engine.fresh().ask(request)[0] for request in prompts()]


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


def test_a_score_is_what_generating_says(engine):
    """The log-probabilities of the greedy answer, scored beside rivals, are those it came with."""
    tokens: list[tuple[str, float]] = []
    request = Generate(1, segments("import os\n\nroot = os.path.", "\n"), 6)
    engine.fresh().decoder.generate(request, lambda chunk: tokens.extend(chunk.tokens))
    answer = "".join(text for text, _ in tokens)
    candidates = ("dirname(", answer, "x")
    score = Score(2, request.segments, candidates, with_end=False)
    logprobs = engine.decoder.score(score).logprobs[1]
    # One row while generating, several while scoring: llama.cpp sums them in another order.
    assert logprobs == pytest.approx([logprob for _, logprob in tokens], abs=TIE)


def test_many_long_candidates_are_scored_in_several_batches(engine):
    texts = [f"value_{n} = compute({n}, {n + 1}) + other({n}) * 3" for n in range(50)]
    request = Score(1, segments("def f():\n    ", "\n"), (*texts, ""), with_end=True)
    together = engine.fresh().decoder.score(request).logprobs
    alone = [
        engine.fresh().decoder.score(replace(request, candidates=(text,))).logprobs[0]
        for text in texts[::10]
    ]
    assert len(together) == 51 and len(together[-1]) == 1
    for one, other in zip(together[::10], alone, strict=False):
        assert one == pytest.approx(other, abs=TIE)


def one_by_one(engine, request: Score, text: str) -> list[float]:
    """The same figures without branches or batches: each token evaluated after the last one."""
    from slm_lsp.inference.sampling import logprob, logprob_of_any

    vocab = engine.llama.vocab
    engine.fresh()
    engine.cache.prefill(vocab.tokenise(request.segments))
    found = []
    for token in vocab.tokenise_text(text):
        found.append(logprob(engine.llama.logits(-1), token))
        engine.cache.extend([token])
    return [*found, logprob_of_any(engine.llama.logits(-1), sorted(vocab.end_tokens))]


def test_a_score_depends_neither_on_its_rivals_nor_on_their_order(engine):
    """Apart from llama.cpp's own summing of one row and of several, scores are exact."""
    random = Random(5)
    differences = []
    for asked in prompts()[:12]:
        lines = [line for text, _ in asked.segments for line in text.splitlines() if line.strip()]
        candidates = (*random.sample(lines, 4), "", "x")
        request = Score(1, asked.segments, candidates)
        together = engine.fresh().decoder.score(request).logprobs
        turned = replace(request, candidates=candidates[::-1])
        for scores in (
            [one_by_one(engine, request, text) for text in candidates],
            engine.fresh().decoder.score(turned).logprobs[::-1],
            engine.decoder.score(request).logprobs,  # the prompt is in the cache
        ):
            for one, other in zip(together, scores, strict=True):
                assert one == pytest.approx(other, abs=TIE)
                differences += [abs(a - b) for a, b in zip(one, other, strict=True)]
    exact = sum(difference < 1e-4 for difference in differences)
    assert exact > 0.9 * len(differences)


def test_scoring_leaves_the_prompt_as_it_was(engine, plain):
    engine.fresh()
    for asked, expected in list(zip(prompts(), plain, strict=True))[:8]:
        engine.decoder.score(Score(1, asked.segments, ("x = 1", "return None")))
        assert engine.ask(asked)[0] == expected


def test_the_end_is_as_probable_as_all_end_tokens_together(engine):
    from slm_lsp.inference.sampling import logprob

    request = Score(1, segments("x = (1", ")\n"), ("",))
    ((score,),) = engine.fresh().decoder.score(request).logprobs
    ends = [logprob(engine.llama.logits(-1), end) for end in engine.llama.vocab.end_tokens]
    assert score >= max(ends)
    assert math.exp(score) == pytest.approx(sum(map(math.exp, ends)), rel=1e-4)


def test_a_candidate_without_room_is_refused_and_costs_nothing(engine, plain):
    with pytest.raises(PromptTooLong):
        engine.fresh().decoder.score(Score(1, segments("x"), ("fine", "a = 1\n" * 600)))
    long = "a = 1\n" * 150
    (scores,) = engine.decoder.score(Score(1, segments("x"), (long,))).logprobs
    assert len(scores) > 500 and all(one <= 0 for one in scores)
    assert engine.ask(prompts()[0])[0] == plain[0]


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
    request = replace(prompts()[0], n_predict=40)
    tokens = engine.fresh().tokens(request)
    sums = [*accumulate(logprob for _, logprob in tokens)]
    floor = sums[-1] / 2
    n = next(n for n, total in enumerate(sums, 1) if total < floor)
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
