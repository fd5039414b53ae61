"""`slm-lsp check --review`, with a model that has a chat template and never learned to chat."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from slm_lsp.cli import main
from slm_lsp.commands import looking
from slm_lsp.diagnostics.advice import HINT_NATS
from slm_lsp.settings import Settings
from tests.diagnostics.test_proposals import GOOD, TEXT, said
from tests.support.bundled import BUNDLED
from tests.support.fake_model import FAKE_MODEL, FakeModel
from tests.support.fixed_judge import Fixed
from tests.support.gguf_files import with_text


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clean_environment: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.chdir(root)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    (root / "a.py").write_text(TEXT[: TEXT.index("\n\n") + 1])
    for words in (["init", "-q"], ["add", "a.py"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    (root / "a.py").write_text(TEXT)
    return root


@pytest.mark.model
def test_a_small_model_is_not_asked(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--review"]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert "needs an instruct model of at least 3 billion parameters" in said.err
    assert "diagnostics.review_model" in said.err


@pytest.mark.model
def test_the_command_asks_a_model_that_is_large_enough(
    repository: Path, clean_environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chatting = with_text(
        BUNDLED, repository.parent / "m.gguf", "tokenizer.chat_template", "<|im_start|> <|im_end|>"
    )
    (clean_environment / "config.toml").write_text(
        f'[model]\npath = "{chatting}"\n[diagnostics]\nreview_min_billions = 0\n'
    )
    assert main(["check", "--review", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all(one["rule"] == "review" and one["line"] >= 5 for one in found)


@pytest.fixture
def reviewer(monkeypatch: pytest.MonkeyPatch) -> FakeModel:
    """A model that is large enough, whose every proposal is likelier."""
    model = FakeModel(replace(FAKE_MODEL, name="seven", parameters=7_000_000_000, can_chat=True))

    async def build_client(settings: Settings) -> FakeModel:
        return model

    monkeypatch.setattr(looking, "build_client", build_client)
    monkeypatch.setattr(looking, "judge_of", lambda client, settings: Fixed(HINT_NATS + 1))
    return model


def test_a_review_that_ends_in_the_middle_shows_what_there_is(
    repository: Path, reviewer: FakeModel, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "b.py").write_text(TEXT)
    reviewer.enqueue(said(GOOD))
    reviewer.enqueue_failure()
    assert main(["check", "--review"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("a.py:8:16: hint: The height is ignored.") and "b.py" not in out


def test_a_review_that_cannot_begin_is_a_failure(
    repository: Path, reviewer: FakeModel, capsys: pytest.CaptureFixture[str]
) -> None:
    reviewer.enqueue_failure()
    assert main(["check", "--review"]) == 2
    assert capsys.readouterr() == ("", "slm-lsp: the fake model died\n")


@pytest.mark.parametrize("option", ["--review", "--odd"])
def test_what_is_kept_from_the_model_is_not_shown_to_it(
    repository: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "slm-lsp.toml").write_text('[privacy]\nexclude = ["a.py"]\n')
    assert main(["check", option]) == 0
    assert "a.py is kept from the model" in capsys.readouterr().err
