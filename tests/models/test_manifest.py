"""The package says what its model is; here somebody reads the model to see."""

from pathlib import Path

import pytest

from slm_lsp.errors import ModelCorrupt
from slm_lsp.models import bundled_model, manifest, resolve_model
from slm_lsp.settings import ModelSettings


def test_the_manifest_is_true() -> None:
    assert manifest.verify_bundled() == bundled_model()


def test_defaults_resolve_to_the_bundled_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLM_LSP_HOME", str(tmp_path))
    assert resolve_model(ModelSettings()) == bundled_model()


@pytest.mark.parametrize("damage", [b"", b"not the model"])
def test_a_damaged_installation_is_named(
    damage: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model.gguf"
    model.write_bytes(b"the model bytes")
    monkeypatch.setattr(manifest, "BUNDLED", tmp_path)
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "manifest.toml")
    manifest.write_manifest(model)
    bundled_model.cache_clear()
    try:
        manifest.verify_bundled()
        model.write_bytes(damage.ljust(15 if damage else 0))
        bundled_model.cache_clear()
        with pytest.raises(ModelCorrupt, match="reinstall"):
            manifest.verify_bundled()
    finally:
        bundled_model.cache_clear()
