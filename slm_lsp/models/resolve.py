"""From what is pinned to the file that may be loaded, or one sentence about why not."""

from dataclasses import replace
from pathlib import Path

from slm_lsp.errors import ModelCorrupt, ModelMismatch, ModelNotFound, ModelUnsuitable
from slm_lsp.models.digest import known_sha256
from slm_lsp.models.gc import note_use
from slm_lsp.models.inspect import check_adapter, inspect_model
from slm_lsp.models.manifest import bundled_model, damaged
from slm_lsp.models.missing import CHANGE_PATH, PULL, how_to_get, not_here, why_no_file
from slm_lsp.models.quarantine import why_quarantined
from slm_lsp.models.store import Entry, all_stores, find
from slm_lsp.models.types import AdapterFile, ModelFile
from slm_lsp.places import in_full
from slm_lsp.settings import ModelSettings


def resolve_model(settings: ModelSettings) -> ModelFile:
    """The model that the settings name, checked in every way that does not need llama.cpp.

    Raises a ModelError whose text is one sentence for the person.
    """
    if settings.problem is not None:
        raise ModelMismatch(settings.problem)
    try:
        model = located_model(settings)
        if (reason := why_quarantined(model.sha256)) is not None:
            raise ModelUnsuitable(reason)
        check_model(model, settings)
        note_use(model.sha256)
        return replace(model, adapter=located_adapter(settings, model))
    except OSError as error:
        raise ModelCorrupt(
            f"the model {settings.name} cannot be read: {error.strerror or error}"
        ) from error


def check_model(model: ModelFile, settings: ModelSettings) -> None:
    """Raise a ModelError, with the cure for these settings, where the file cannot serve."""
    try:
        inspect_model(model.path, settings.n_ctx)
    except (ModelCorrupt, ModelUnsuitable) as error:
        if settings.path is None:
            raise
        raise type(error)(f"{error}, or {CHANGE_PATH}") from error


def located_model(settings: ModelSettings) -> ModelFile:
    """The file that the settings name, its content equal to the pin."""
    if settings.path is not None:
        return _by_path(in_full(settings.path), settings)
    bundled = bundled_model()
    if settings.sha256 == bundled.sha256 or (
        settings.sha256 is None and settings.name in ("bundled", bundled.name)
    ):
        if known_sha256(bundled.path) != bundled.sha256:
            raise damaged(bundled)
        _check_size(bundled.path, bundled.size, settings.size)
        return bundled
    if settings.sha256 is None:
        return _checked(find(settings.name, settings.shared_stores), None)
    entry = _stored(settings.sha256, settings.shared_stores)
    if entry is None:
        raise ModelNotFound(not_here(settings))
    return _checked(entry, settings.size)


def located_adapter(settings: ModelSettings, model: ModelFile) -> AdapterFile | None:
    """The pinned adapter, made for this model."""
    adapter = settings.adapter
    if adapter is None:
        return None
    if adapter.sha256 is None:
        raise ModelMismatch("[model.adapter] needs a sha256; `slm-lsp models list` shows it")
    entry = _stored(adapter.sha256, settings.shared_stores)
    if entry is None:
        how = how_to_get(adapter.source, "model.adapter")
        raise ModelNotFound(
            f"the pinned adapter {adapter.sha256[:12]}… is not on this machine; {how}"
        )
    if (reason := why_quarantined(adapter.sha256)) is not None:
        raise ModelUnsuitable(reason)
    checked = _checked(entry, adapter.size)
    check_adapter(checked.path, model.path)
    note_use(checked.sha256)
    return AdapterFile(checked.path, checked.sha256, checked.size, adapter.scale)


def _by_path(path: Path, settings: ModelSettings) -> ModelFile:
    if not path.is_file():
        raise ModelNotFound(f"{why_no_file(path)}; {CHANGE_PATH}")
    model = ModelFile(path, known_sha256(path), path.stat().st_size, path.stem)
    if settings.sha256 is not None and model.sha256 != settings.sha256:
        raise ModelMismatch(
            f"{path} is not the pinned model: its sha256 is {model.sha256[:12]}…, the pin says "
            f"{settings.sha256[:12]}…; correct `model.path` or `model.sha256`"
        )
    _check_size(path, model.size, settings.size)
    return model


def _stored(sha256: str, shared: tuple[str, ...]) -> Entry | None:
    for store in all_stores(shared):
        entry = store.get(sha256)
        if entry is not None:
            return entry
    return None


def _checked(entry: Entry, size: int | None) -> ModelFile:
    _check_size(entry.path, entry.size, size)
    sha256 = known_sha256(entry.path)
    if sha256 != entry.sha256:
        raise ModelMismatch(
            f"the model {entry.name} was changed on the disk: its sha256 is {sha256[:12]}…, the "
            f"pin says {entry.sha256[:12]}…; remove it with "
            f"`slm-lsp models remove {entry.sha256[:12]}`, then {PULL}"
        )
    return ModelFile(entry.path, sha256, entry.size, entry.name)


def _check_size(path: Path, size: int, pinned: int | None) -> None:
    if pinned is not None and size != pinned:
        raise ModelMismatch(
            f"{path} has {size} bytes, and the pin says {pinned}; correct `size`, or get the file "
            "again with `slm-lsp models pull`"
        )
