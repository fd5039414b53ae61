"""Layers over layers: precedence, what a repository may not, and what each mistake is told."""

from pathlib import Path

import pytest

from slm_lsp.config import load

A, B = "a" * 64, "b" * 64


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of its own: `user.toml` is the person's file, `repo` the repository."""
    monkeypatch.setenv("SLM_LSP_CONFIG", str(tmp_path / "user.toml"))
    monkeypatch.setenv("SLM_LSP_HOME", str(tmp_path / "home"))
    (tmp_path / "repo").mkdir()
    return tmp_path


def write(places: Path, repository: str = "", user: str = "", pyproject: str = "") -> Path:
    for path, text in (
        ("repo/slm-lsp.toml", repository),
        ("user.toml", user),
        ("repo/pyproject.toml", pyproject),
    ):
        if text:
            (places / path).write_text(text, encoding="utf-8")
    return places / "repo"


def test_nothing_written_gives_defaults_and_no_complaint(places: Path) -> None:
    from slm_lsp.settings import Settings

    resolved = load(places / "repo")
    assert resolved.settings == Settings()
    assert resolved.complaints == ()


def test_later_layers_win(places: Path) -> None:
    root = write(
        places,
        user="[completion]\nmax_line_tokens = 1\nmax_block_tokens = 1\nmulti_line = false",
        repository="[completion]\nmax_line_tokens = 2\nmax_block_tokens = 2",
    )
    completion = load(root, {"slm-lsp": {"completion": {"max_line_tokens": 3}}}).settings.completion
    assert completion.max_line_tokens == 3
    assert completion.max_block_tokens == 2
    assert completion.multi_line is False


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "[completion]\nenabeld = false",
            "slm-lsp.toml:2:1: unknown key `enabeld`, did you mean `enabled`?",
        ),
        (
            "[completion]\n  max_line_tokens = true",
            "slm-lsp.toml:2:21: `max_line_tokens` is a whole number from 1 to 1024, not true",
        ),
        (
            "[complete]",
            "slm-lsp.toml:1:2: unknown key `complete`, did you mean `completion`?",
        ),
        (
            'completion.disabled_globs = [\n  "a",\n  3,\n]',
            "slm-lsp.toml:3:3: `disabled_globs` is a list of strings, each a gitignore pattern of "
            "at most 200 characters, not 3",
        ),
        ("[model]\nname =", "slm-lsp.toml:2:7: not valid TOML: invalid value"),
    ],
)
def test_a_mistake_is_told_with_its_place(places: Path, text: str, complaint: str) -> None:
    root = write(places, repository=text)
    assert [str(c) for c in load(root).complaints] == [complaint]
