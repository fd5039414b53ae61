"""The commands of the model card, each as it stands there, on a corpus of a few files.

Only sizes differ: options that are given twice count as given last.
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from slm_lsp.models.manifest import bundled_model
from tests.support.clones import make_clone

ROOT = Path(__file__).parents[2]
CARD = ROOT / "training" / "MODEL_CARD.md"
TRAIN = "--batch-tokens 2048 --micro-rows 4 --no-compile --full-precision --device cpu --threads 1"
SMALL = {
    "training.shards": "--length 512 --blocks-per-shard 8 --most 1",
    "training.train": TRAIN,
    "training.export": "--kinds q8_0",
    "training.ablate": "--length 512 --blocks-per-shard 8 --tokens 4096 --arm 'no snippets'"
    f" --threads 1 --train '{TRAIN}'",
    "benchmarks.completion_accuracy": "--n-cases 6 --threads 1",
}
# The card counts millions of tokens; the test, one update for each of them.
SCALE = 2_048 / 1e6


def commands() -> list[str]:
    """The lines of the card's shell block, continued ones joined."""
    block = re.search(r"```sh\n(.*?)```", CARD.read_text("utf-8"), re.DOTALL)
    assert block is not None
    return block[1].replace("\\\n", " ").strip().splitlines()


def smaller(words: list[str], out: Path) -> list[str]:
    """The command with its sizes reduced and its folders in `out`."""
    module, words = words[2], list(words)
    for number, word in enumerate(words):
        if words[number - 1] == "--tokens":
            words[number] = str(float(word) * SCALE)
        elif word == "CLONES":
            words[number] = str(out / "clones")
        elif word.startswith(("work", "v0.gguf")):
            words[number] = str(out / word)
    if module == "training.corpus":
        words += ["--manifest", str(out / "manifest.toml")]
    return [sys.executable, *words[1:], *shlex.split(SMALL.get(module, ""))]


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """A folder with a clone to learn from and one to be measured on, both of our own code."""
    learnt = [*ROOT.glob("slm_lsp/completion/*.py"), *ROOT.glob("slm_lsp/tune/*.py")]
    asked = [*ROOT.glob("slm_lsp/diagnostics/*.py")][:6]
    for name, paths in (("own/code", learnt), ("pallets/click", asked)):
        files = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in paths}
        make_clone(tmp_path / "clones", name, files)
    (tmp_path / "manifest.toml").write_text(
        '[[source]]\nurl = "https://github.com/own/code"\ncommit = "HEAD"\nlicence = "MIT"\n'
        'languages = ["python"]\n'
    )
    return tmp_path


@pytest.mark.slow
@pytest.mark.model
def test_the_commands_of_the_card_make_a_model(stranger: Path):
    first, *rest = commands()
    show = re.fullmatch(r"git show (\w+:\S+) > v0\.gguf", first)
    assert show is not None
    before = subprocess.run(["git", "cat-file", "blob", show[1]], cwd=ROOT, capture_output=True)
    if before.returncode == 0:
        (stranger / "v0.gguf").write_bytes(before.stdout)
    else:  # an archive or a shallow clone
        shutil.copy(bundled_model().path, stranger / "v0.gguf")
    told = ""
    for command in rest:
        done = subprocess.run(
            smaller(shlex.split(command), stranger),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-500:]}\n{done.stderr[-2_000:]}"
        told += done.stdout
    assert "0 files share a run with 1 repositories" in told
    assert "same top" in told  # what the export compared
    assert "slm-lsp-mini-v2-Q8_0 none against v0 none" in told
    for context in ("none", "repository"):
        assert f"slm-lsp-mini-v2-Q8_0.gguf, context: {context}" in told
