"""The whole way from clones to a model that answers, with the commands of the model card.

The corpus is this repository's own code, the model is tiny, and nothing else differs.
"""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from slm_prompts.catalog import template_for

from slm_lsp.inference.worker_client import WorkerClient
from slm_lsp.models.digest import sha256_of
from slm_lsp.tune.accuracy import Case, Position, ask
from slm_lsp.tune.checkpoint import network_of
from tests.support.clones import make_clone
from training.shards import is_held_out

ROOT = Path(__file__).parents[2]
MANIFEST = """
[[source]]
url = "https://github.com/own/code"
commit = "HEAD"
licence = "MIT"
languages = ["python"]
"""


def stage(name: str, *arguments: object) -> str:
    command = [sys.executable, "-m", f"training.{name}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the stages before training make."""
    out = tmp_path_factory.mktemp("pipeline")
    own = [*ROOT.glob("slm_lsp/completion/*.py"), *ROOT.glob("context/slm_context/**/*.py")]
    files = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in own}
    make_clone(out / "clones", "own/code", files)
    (out / "manifest.toml").write_text(MANIFEST)
    stage("corpus", out / "clones", out, "--manifest", out / "manifest.toml")
    stage("tokenizer", out / "corpus.jsonl", out / "tokenizer.json", "--vocabulary", 1_024)
    command = (out / "corpus.jsonl", out / "shards", "--tokenizer", out / "tokenizer.json")
    stage("shards", *command, "--length", 256, "--blocks-per-shard", 64)
    return out


def train(made: Path, run: str, tokens: int, *more: object) -> Path:
    stage(
        "train",
        *("--shards", made / "shards", "--out", made / run, "--shape", "tiny"),
        *("--vocabulary", 1_024, "--batch-tokens", 2_048, "--micro-rows", 4, "--threads", 1),
        *("--no-compile", "--full-precision", "--device", "cpu", "--tokens", tokens),
        *more,
    )
    return made / run


@pytest.mark.slow
@pytest.mark.model
async def test_from_clones_to_answers(made: Path):
    run = train(made, "run", 60_000)
    found = losses(run)
    assert np.mean(found[-3:]) < np.mean(found[:3]) - 0.5
    stage("plot", made / "loss.png", run / "loss.csv")
    assert (made / "loss.png").read_bytes().startswith(b"\x89PNG")
    told = stage("export", run / "checkpoint.pt", made / "tokenizer.json", made / "slm-lsp-tiny")
    assert "slm-lsp-tiny-Q8_0.gguf" in told
    differences = [
        float(line.split("largest difference ")[1].split(",")[0])
        for line in told.splitlines()
        if "largest difference" in line
    ]
    assert len(differences) == 2 and differences[0] < 0.02 and differences[1] < 0.2
    model = made / "slm-lsp-tiny-Q8_0.gguf"
    text = "import os\n\n\ndef name(path):\n    return os.path.basename(path)\n"
    offset = text.index("os.path")
    case = Case("own/code", "a.py", "python", text, offset, Position.LINE_START)
    client = WorkerClient(model, sha256_of(model), n_ctx=256, n_threads=1, state_dir=made / "state")
    await client.start()
    try:
        assert client.model is not None, client.detail
        template = template_for(client.model.name, client.model.fim_markers)
        assert template is not None and template.name.startswith("slm-lsp")
        answer = await ask(client, template, case)
        assert answer.n_prompt > 10
        assert 0.0 <= answer.probability <= 1.0
    finally:
        await client.close()


@pytest.mark.slow
def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(made: Path):
    """The rate follows the share of the budget, so the two halves must be told the same whole.

    What is asked for between two steps ends the run behind the next one: all processes have to
    agree on it.
    """
    whole = network_of(train(made, "whole", 24_000) / "checkpoint.pt")
    script = (
        "import sys, signal, training.train as t\n"
        "from slm_lsp.tune import loop\n"
        "noted = loop.note\n"
        "def note(folder, progress, *rest):\n"
        "    noted(folder, progress, *rest)\n"
        "    progress.step == 3 and signal.raise_signal(signal.SIGTERM)\n"
        "loop.note = note\n"
        "t.main(sys.argv[1:])\n"
    )
    arguments = [
        *("--shards", made / "shards", "--out", made / "parts", "--shape", "tiny"),
        *("--vocabulary", 1_024, "--batch-tokens", 2_048, "--micro-rows", 4, "--threads", 1),
        *("--no-compile", "--full-precision", "--device", "cpu", "--tokens", 24_000),
    ]
    subprocess.run([sys.executable, "-c", script, *map(str, arguments)], cwd=ROOT, check=True)
    assert torch.load(made / "parts" / "checkpoint.pt")["progress"]["step"] == 4
    parts = network_of(train(made, "parts", 24_000) / "checkpoint.pt")
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, parts.state_dict()[name]), name


@pytest.mark.slow
def test_a_run_goes_on_from_another_with_the_data_at_its_beginning(made: Path):
    first = train(made, "first", 8_000)
    told = torch.load(first / "checkpoint.pt")["progress"]
    assert told["at"] != {"lap": 0, "shard": 0, "row": 0}
    second = train(made, "second", 16_000, "--go-on-from", first)
    after = torch.load(second / "checkpoint.pt")["progress"]
    assert after["tokens"] >= 16_000 and after["step"] > told["step"]
    assert after["at"]["row"] == (after["step"] - told["step"]) * 8 % 64
    steps = [line.split(",")[0] for line in (second / "loss.csv").read_text().splitlines()[1:]]
    assert int(steps[0]) == told["step"] + 1


@pytest.mark.slow
def test_an_ablation_compares_mixes_on_the_same_questions(made: Path):
    rows = [json.loads(line) for line in (made / "corpus.jsonl").read_text("utf-8").splitlines()]
    names = (f"held{number}.py" for number in range(10_000))
    rows[0]["path"] = next(name for name in names if is_held_out("own/code", name))
    corpus = made / "asked.jsonl"
    corpus.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    size = ("--length", 256, "--blocks-per-shard", 24, "--tokens", 6_000, "--threads", 1)
    tiny = "--batch-tokens 2048 --micro-rows 4 --no-compile --full-precision --device cpu"
    stage(
        "ablate",
        *(corpus, made / "ablation", "--tokenizer", made / "tokenizer.json"),
        *(*size, "--shape", "tiny", "--arm", "no snippets", "--train", tiny),
        *("--samples", "--chars 300 600"),
    )
    with (made / "ablation" / "ablation.csv").open() as file:
        found = list(csv.DictReader(file))
    assert [row["arm"] for row in found] == ["as trained", "no snippets"]
    assert found[0]["questions"] == found[1]["questions"] != "0"
    assert found[0]["loss"] != found[1]["loss"]
    whole = np.load(made / "ablation" / "as-trained" / "shards" / "shard-00000.npy")
    without = np.load(made / "ablation" / "no-snippets" / "shards" / "shard-00000.npy")
    assert whole.shape != without.shape or (whole != without).any()


@pytest.mark.slow
def test_two_processes_learn_what_one_does(made: Path):
    """The same rows for each update, however many share them; both end at the same step."""
    alone = train(made, "alone", 20_000)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [
        "--nproc-per-node",
        "2",
        "-m",
        "training.train",
        "--shards",
        made / "shards",
        "--out",
        made / "shared",
    ]
    command += ["--shape", "tiny", "--vocabulary", 1_024, "--batch-tokens", 2_048]
    command += ["--micro-rows", 2, "--threads", 1, "--no-compile", "--full-precision"]
    command += ["--device", "cpu", "--tokens", 20_000]
    subprocess.run([str(word) for word in command], cwd=ROOT, check=True, timeout=300)
    told = [torch.load(made / name / "checkpoint.pt")["progress"] for name in ("alone", "shared")]
    assert told[0]["tokens"] == told[1]["tokens"]
    assert told[0]["step"] == told[1]["step"]
    assert losses(made / "shared") == pytest.approx(losses(alone), abs=0.02)


@pytest.mark.slow
def test_a_student_comes_nearer_to_its_teacher(made: Path):
    teacher = train(made, "teacher", 40_000)
    stage("export", teacher / "checkpoint.pt", made / "tokenizer.json", made / "teacher-model")
    file = made / "teacher-model-f16.gguf"
    taught = train(made, "taught", 16_000, "--teacher", file, "--distil", 1, "--seed", 1)
    untaught = train(made, "untaught", 16_000, "--seed", 1)
    rows = torch.from_numpy(np.load(made / "shards" / "shard-00000.npy")[:8].astype("int64"))
    wanted = spread(teacher, rows)
    taught_apart, untaught_apart = (
        F.kl_div(spread(run, rows), wanted, log_target=True, reduction="sum")
        for run in (taught, untaught)
    )
    assert taught_apart < untaught_apart


def losses(run: Path) -> list[float]:
    with (run / "loss.csv").open() as file:
        return [float(row["loss"]) for row in csv.DictReader(file) if row["kind"] == "train"]


@torch.no_grad()
def spread(run: Path, rows: torch.Tensor) -> torch.Tensor:
    """The distribution over next tokens, as logarithms."""
    return network_of(run / "checkpoint.pt").eval()(rows[:, :-1]).float().log_softmax(-1)
