"""From what is pinned to the file that may be loaded, or one sentence about why not."""

from pathlib import Path

from slm_lsp.errors import ModelMismatch, ModelNotFound
from slm_lsp.models.digest import known_sha256
from slm_lsp.models.manifest import bundled_model, damaged
from slm_lsp.models.types import ModelFile
from slm_lsp.settings import ModelSettings


def resolve_model(settings: ModelSettings) -> ModelFile:
    """The model that the settings name, its content checked against the pin."""
    if settings.problem is not None:
        raise ModelMismatch(settings.problem)
    return _checked(_located(settings), settings)


def _located(settings: ModelSettings) -> ModelFile:
    if settings.path is not None:
        path = Path(settings.path).expanduser()
        if not path.is_file():
            raise ModelNotFound(f"{path} does not exist; change `model.path` in your settings")
        return ModelFile(path, known_sha256(path), path.stat().st_size, path.stem)
    bundled = bundled_model()
    if settings.sha256 in (None, bundled.sha256) and settings.name in ("bundled", bundled.name):
        if known_sha256(bundled.path) != bundled.sha256:
            raise damaged(bundled)
        return bundled
    raise ModelNotFound(
        f"the model {settings.name} is not on this machine; run `slm-lsp models pull`"
    )


def _checked(model: ModelFile, settings: ModelSettings) -> ModelFile:
    if settings.sha256 is not None and model.sha256 != settings.sha256:
        raise ModelMismatch(
            f"{model.path} is not the pinned model: its sha256 is {model.sha256[:12]}…, "
            f"the pin says {settings.sha256[:12]}…; run `slm-lsp models pull` to get the right one"
        )
    if settings.size is not None and model.size != settings.size:
        raise ModelMismatch(
            f"{model.path} has {model.size} bytes, the pin says {settings.size}; correct `size`"
        )
    return model
