"""What `slm-lsp doctor` says of the folders that things are kept in, and of what does not start."""

from pathlib import Path

import pytest

from slm_lsp.assembly import why_useless
from slm_lsp.doctor import NEEDS_KERNEL, REINSTALL_LLAMA, Verdict, folders, not_started
from slm_lsp.inference.wire import ModelInfo


def test_folders_that_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLM_LSP_HOME", str(tmp_path / "home"))
    assert [check.verdict for check in folders()] == [Verdict.GOOD, Verdict.GOOD]


def test_a_file_in_place_of_a_folder_is_to_be_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To make it writable would help nobody."""
    (tmp_path / "home").write_text("")
    monkeypatch.setenv("SLM_LSP_HOME", str(tmp_path / "home"))
    for check in folders():
        assert check.verdict is Verdict.WARN
        assert check.cure.startswith("a file lies there: move it away") and "SLM" in check.cure


@pytest.mark.parametrize(
    ("detail", "what", "cure"),
    [
        pytest.param(
            "mamba is a recurrent model; choose a plain transformer",
            "mamba is a recurrent model",
            "choose a plain transformer",
            id="a model that says what to choose",
        ),
        pytest.param(
            "the inference process was ended by SIGILL, 5 times in a row; try `slm-lsp doctor`",
            "the inference process was ended by SIGILL, 5 times in a row",
            REINSTALL_LLAMA,
            id="sent here",
        ),
        pytest.param(
            "privacy.require_sandbox is set, but none is; `slm-lsp doctor` says what is missing",
            "privacy.require_sandbox is set, but none is",
            NEEDS_KERNEL,
            id="sent here for the sandbox",
        ),
    ],
)
def test_what_does_not_start_has_its_own_cure(detail: str, what: str, cure: str) -> None:
    found = not_started(detail)
    assert (found.verdict, found.detail, found.cure) == (Verdict.BAD, what, cure)


def test_a_sentence_without_a_cure_gets_one() -> None:
    found = not_started("llama.cpp cannot load a.gguf")
    assert found.detail == "llama.cpp cannot load a.gguf" and "models pull" in found.cure


def test_a_model_whose_markers_no_layout_has_is_refused_with_the_names_of_layouts() -> None:
    markers = {"pre": "<A>", "suf": "<B>", "mid": "<C>"}
    odd = ModelInfo("odd", "", "", "", 1, "", 64, 64, 8, fim_markers=markers)
    why = why_useless(None, odd)
    assert why is not None and "by <A>, <B>, <C>" in why and "qwen-coder-v1" in why
    assert why_useless("qwen-coder-v1", odd) is None
