"""What is trained is what is served, and every shard is a fair sample of the corpus."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from slm_context.cursor import split_at_cursor
from slm_context.types import ContextBundle, Origin, Snippet
from slm_prompts.render import OtherFile
from slm_prompts.template import templates

from slm_lsp.completion.asking import Asker, Question
from slm_lsp.completion.types import CompletionMode, Explanation, Trigger
from slm_lsp.models.manifest import bundled_model
from slm_lsp.settings import Settings
from slm_lsp.tune.repository import SourceText
from slm_lsp.tune.samples import Mix, SampleMaker, Target
from slm_lsp.tune.weights import read_tokenizer
from tests.support.fake_model import FakeModel
from training import shards
from training.neighbours import neighbours_in, write_index

TEMPLATE = templates()["slm-lsp-v1"]
SHOP = (
    "import money\n\n\ndef total(basket):\n    amount = money.zero()\n"
    "    for item in basket:\n        amount = money.add(amount, item.price)\n    return amount\n"
)
MONEY = (
    "def zero():\n    return 0\n\n\ndef add(one, other):\n    return one + other\n\n\n"
    "def minus(one, other):\n    return one - other\n"
)


@pytest.fixture(scope="module")
def maker() -> SampleMaker:
    return SampleMaker(read_tokenizer(bundled_model().path), TEMPLATE, 1_025)


@pytest.mark.parametrize(
    "cursor", ["    amount = money.", "    amount = mon", "        amo", "    return am", "    "]
)
async def test_a_sample_is_the_prompt_that_the_server_sends(maker: SampleMaker, cursor: str):
    start = SHOP.index(cursor) + len(cursor)
    stop = SHOP.index("\n", start)
    shown = SHOP[:start] + SHOP[stop:]
    document = split_at_cursor(shown, start, path="shop.py", language="python")
    snippet = OtherFile("money.py", MONEY)
    model = FakeModel()
    model.enqueue("x")

    async def gather(_):
        return ContextBundle((Snippet(snippet.path, snippet.text, 0, Origin.DEFINITION, 1.0),))

    assert model.model is not None
    asker = Asker(model, Settings(), gather)
    question = Question(model.model, TEMPLATE, CompletionMode.LINE, 10_000.0)
    await asker.ask(
        "file:///shop.py", document, question, Explanation("file:///shop.py", 1, Trigger.INVOKED)
    )
    asked = model.generated[0]
    sent: list[int] = []
    for text, special in asked.segments:
        sent += [maker.id(text)] if special else maker.encode(text)
    sample = maker.completion(Target(document, SHOP[start:stop]), [snippet], 10_000)
    answer = maker.encode(asked.heal + SHOP[start:stop])
    assert sample == [*sent, *answer, maker.id("<|endoftext|>")]
    assert maker.id("<|file_sep|>") in sent[2:]


def test_no_sample_is_longer_than_a_block_and_each_learns_to_end(maker: SampleMaker):
    short = SampleMaker(maker.tokenizer, TEMPLATE, 300, Mix(causal=0.0, chars=(200, 900)))
    text = SHOP * 40
    rng = random.Random(1)
    samples = [one for _ in range(5) for one in short.samples("a.py", "python", text, rng)]
    assert len(samples) > 20
    for sample in samples:
        assert len(sample) <= 300
        assert sample[-1] == maker.id("<|endoftext|>")
        assert sample.count(maker.id("<|fim_middle|>")) == 1


def test_snippets_come_from_other_files_of_the_same_repository(tmp_path: Path):
    texts = {one.path: one for one in (SourceText("money.py", "python", MONEY),)}
    write_index(tmp_path / "index.sqlite", [*texts.values(), SourceText("shop.py", "python", SHOP)])

    def read(path: str) -> str | None:
        return texts[path].text if path in texts else None

    offset = SHOP.index("money.zero") + len("money.")
    document = split_at_cursor(SHOP, offset, path="shop.py", language="python")
    found = neighbours_in(tmp_path / "index.sqlite", read)(document)
    assert [one.path for one in found] == ["money.py"]
    assert "def add(one, other)" in found[0].text


def test_shards_mix_repositories_and_keep_files_apart_for_validation(tmp_path: Path):
    rng = random.Random(3)

    def code(name: str) -> str:
        return "".join(
            f"def {name}_{rng.randrange(1000)}(value):\n    return value + {rng.randrange(100)}\n\n"
            for _ in range(30)
        )

    with (tmp_path / "corpus.jsonl").open("w") as lines:
        for repository in ("red", "blue"):
            for number in range(150):
                row = {"repo": f"o/{repository}", "path": f"m{number}.py", "language": "python"}
                lines.write(json.dumps({**row, "text": code(repository)}) + "\n")
    out = tmp_path / "shards"
    command = [str(tmp_path / "corpus.jsonl"), str(out), "--tokenizer", str(bundled_model().path)]
    shards.main([*command, "--length", "256", "--blocks-per-shard", "60"])
    tokenizer = read_tokenizer(bundled_model().path)
    made = sorted(out.glob("shard-*.npy"))
    assert len(made) > 2
    for path in made[:-1]:
        text = tokenizer.decode_batch(np.load(path).tolist(), skip_special_tokens=False)
        shares = [sum(f"def {name}_" in one for one in text) for name in ("red", "blue")]
        assert min(shares) > 0.25 * len(text), path
    held = [n for n in range(150) if shards.is_held_out("o/red", f"m{n}.py")]
    assert held and np.load(out / "validation.npy").shape[1] == 257
    paths = {
        f"m{number}.py\n" for number in held if not shards.is_held_out("o/blue", f"m{number}.py")
    }
    trained = "".join(
        tokenizer.decode_batch(np.concatenate([np.load(p) for p in made]).tolist(), False)
    )
    assert not any(f"{path}def red" in trained for path in paths)
