"""Models that cannot be tuned are refused in one sentence, before anything is computed."""

from dataclasses import replace
from pathlib import Path

import pytest

from slm_lsp.errors import CannotTune
from slm_lsp.models.manifest import bundled_model
from slm_lsp.settings import AdapterSettings, ModelSettings
from slm_lsp.tune import trainable
from slm_lsp.tune.trainable import check_extra, check_trainable
from tests.support.gguf_files import Tensor, a_model


def refusal(path: Path, settings: ModelSettings = ModelSettings()) -> str:  # noqa: B008 - frozen
    with pytest.raises(CannotTune) as caught:
        check_trainable(path, "the-model", settings)
    return str(caught.value)


def test_the_bundled_model_can_be_tuned() -> None:
    model = bundled_model()
    found = check_trainable(model.path, model.name, ModelSettings())
    assert found.kind == "q8_0" and found.seed is None
    assert found.template.name.startswith("slm-lsp")


def test_another_architecture(tmp_path: Path) -> None:
    metadata = {
        key.replace("llama", "qwen2"): value for key, value in a_model().metadata.items()
    } | {"general.architecture": "qwen2"}
    path = replace(a_model(), metadata=metadata).write(tmp_path / "a.gguf")
    assert "of the architecture qwen2, and only llama can be tuned" in refusal(path)


def test_another_structure(tmp_path: Path) -> None:
    path = a_model().write(tmp_path / "a.gguf")
    assert "another structure" in refusal(path)


def test_weights_that_have_lost_too_much(tmp_path: Path) -> None:
    model = a_model(llama__embedding_length=256, llama__attention__head_count=4)
    q4_k = Tensor("token_embd.weight", (256, 30), 12, bytes(144 * 30))
    norm = Tensor("output_norm.weight", (256,), 0, bytes(4 * 256))
    path = replace(model, tensors=[q4_k, norm]).write(tmp_path / "a.gguf")
    assert "quantised to Q4_K" in refusal(path)


def test_too_many_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainable, "MAX_WEIGHTS", 1_000_000)
    assert "a processor can tune at most 1 million" in refusal(bundled_model().path)


def test_an_adapter_on_top() -> None:
    settings = replace(ModelSettings(), adapter=AdapterSettings(sha256="0" * 64))
    assert "remove [model.adapter]" in refusal(bundled_model().path, settings)


def test_without_the_extra_one_sentence_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trainable, "EXTRA", ("torch", "a_package_nobody_has"))
    with pytest.raises(CannotTune, match=r"pip install 'slm-lsp\[tune\]'") as caught:
        check_extra()
    assert "torch and" not in str(caught.value)
