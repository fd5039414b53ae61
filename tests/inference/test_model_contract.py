"""The same tests on the fake model and on llama.cpp: what the fake promises is true."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from slm_lsp.errors import PromptTooLong, WorkerDied
from slm_lsp.inference.client import ModelClient, WorkerState
from slm_lsp.inference.wire import Chunk, Done, EndReason, Generate, Score, Warm
from slm_lsp.inference.worker_client import WorkerClient
from tests.support.bundled import BUNDLED, CODE, segments
from tests.support.fake_model import FakeModel

TABLE = "x = {\n"
"""What is inside has lines of its own."""
ANSWER = "path)\n\n\ndef name_of(path):\n    return os.path.basename(path)\n"


@pytest.fixture(params=["fake", pytest.param("llama", marks=pytest.mark.model)])
async def model(request, tmp_path) -> AsyncIterator[ModelClient]:
    if request.param == "fake":
        client = FakeModel()
        for _ in range(8):
            client.enqueue(ANSWER, "os.sep)", "__file__)")
    else:
        client = WorkerClient(BUNDLED, "0" * 64, n_ctx=1024, n_threads=2, state_dir=tmp_path)
    await client.start()
    assert client.state is WorkerState.READY
    yield client
    await client.close()


async def ask(model: ModelClient, request: Generate) -> tuple[list[Chunk], Done]:
    *chunks, done = [item async for item in model.generate(request)]
    assert isinstance(done, Done)
    assert all(isinstance(chunk, Chunk) for chunk in chunks)
    return chunks, done


def text_of(chunks: list[Chunk], candidate: int = 0) -> str:
    return "".join(chunk.text for chunk in chunks if chunk.candidate == candidate)


async def test_an_answer_is_chunks_and_then_a_done(model):
    chunks, done = await ask(model, Generate(7, segments(CODE), 16))
    assert chunks and done.n_predicted > 0
    assert {item.id for item in [*chunks, done]} == {7}
    for chunk in chunks:
        assert chunk.text == "".join(text for text, _ in chunk.tokens)
        assert all(logprob <= 0 for _, logprob in chunk.tokens)


async def test_a_single_line_stays_one_line(model):
    chunks, done = await ask(model, Generate(1, segments(CODE), 40))
    assert "\n" not in text_of(chunks)
    assert done.reason in (EndReason.STOP, EndReason.END)


async def test_several_lines_are_possible(model):
    """Not always likely: of several candidates some have them, where one line stays one line."""
    question = Generate(1, segments(TABLE, ""), 40, n_candidates=8, temperature=1.0)
    several, _ = await ask(model, replace(question, single_line=False))
    assert any("\n" in text_of(several, n) for n in range(8))
    single, _ = await ask(model, question)
    assert not any("\n" in text_of(single, n) for n in range(8))


async def test_n_predict_bounds_the_answer(model):
    _, done = await ask(model, Generate(1, segments(CODE), 1))
    assert done.n_predicted == 1
    assert done.reason in (EndReason.LENGTH, EndReason.END)


async def test_a_stop_string_ends_the_answer_and_is_no_part_of_it(model):
    whole, _ = await ask(model, Generate(1, segments(CODE), 16))
    stop = text_of(whole)[-2:]
    chunks, done = await ask(model, Generate(2, segments(CODE), 16, stop=(stop,)))
    assert text_of(whole).startswith(text_of(chunks))
    assert stop not in text_of(chunks)
    assert done.reason is EndReason.STOP


async def test_candidates_are_numbered_from_the_best_one(model):
    one, _ = await ask(model, Generate(1, segments(CODE), 8))
    three, _ = await ask(model, Generate(2, segments(CODE), 8, n_candidates=3))
    assert {chunk.candidate for chunk in three} == {0, 1, 2}
    assert text_of(three, 0) == text_of(one)
    assert len({text_of(three, candidate) for candidate in range(3)}) == 3


async def test_only_what_is_new_is_evaluated(model):
    _, first = await ask(model, Generate(1, segments(CODE), 1))
    _, same = await ask(model, Generate(2, segments(CODE), 1))
    _, longer = await ask(model, Generate(3, segments(CODE + " x"), 1))
    assert first.n_evaluated == first.n_prompt
    assert same.n_evaluated == 0
    assert 1 < longer.n_evaluated <= 4


async def test_a_warm_prompt_is_not_evaluated_again(model):
    warm = await model.warm(Warm(1, segments(CODE)))
    assert warm.n_predicted == 0 and warm.n_evaluated == warm.n_prompt
    _, done = await ask(model, Generate(2, segments(CODE), 1))
    assert done.n_evaluated == 0


async def test_scores_have_one_number_a_token_and_one_for_the_end(model):
    candidates = ("path)", "os.sep)")
    scores = await model.score(Score(1, segments(CODE), candidates, with_end=False))
    ended = await model.score(Score(2, segments(CODE), candidates, with_end=True))
    assert [len(one) for one in ended.logprobs] == [len(one) + 1 for one in scores.logprobs]
    assert all(logprob <= 0 for one in ended.logprobs for logprob in one)


async def test_a_closed_stream_leaves_the_model_free(model):
    async with aclosing(model.generate(Generate(1, segments(CODE), 500))) as stream:
        async for _ in stream:
            break
    chunks, _ = await ask(model, Generate(2, segments(CODE), 8))
    assert text_of(chunks)


async def test_a_prompt_without_room_is_refused_with_its_size(model):
    with pytest.raises(PromptTooLong) as refusal:
        await ask(model, Generate(1, segments("x = 1\n" * 2000), 8))
    assert refusal.value.n_tokens > refusal.value.n_room == model.model.n_ctx - 1
    chunks, _ = await ask(model, Generate(2, segments(CODE), 8))
    assert text_of(chunks)


async def test_a_closed_model_refuses_and_says_so(model):
    states = []
    model.subscribe(lambda state, detail: states.append(state))
    await model.close()
    assert states == [WorkerState.STOPPED]
    with pytest.raises(WorkerDied):
        await ask(model, Generate(1, segments(CODE), 8))
