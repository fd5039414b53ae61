"""Reading models in full, to see whether they are what is pinned."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from slm_lsp.errors import ModelError, ModelMismatch, ModelNotFound
from slm_lsp.models.digest import remember_sha256, sha256_of
from slm_lsp.models.manifest import bundled_model
from slm_lsp.models.resolve import check_model, located_adapter, located_model
from slm_lsp.models.store import Entry, all_stores, find
from slm_lsp.settings import ModelSettings


def serving(settings: ModelSettings) -> list[Entry]:
    """What the settings name: the model, and its adapter."""
    if settings.problem is not None:
        raise ModelMismatch(settings.problem)
    model = located_model(settings)
    check_model(model, settings)
    found = [Entry(settings.sha256 or model.sha256, model.size, model.name, model.path)]
    adapter = located_adapter(settings, model)
    if adapter is not None:
        found.append(Entry(adapter.sha256, adapter.size, "adapter", adapter.path))
    return found


def everything(settings: ModelSettings) -> list[Entry]:
    """The bundled model and all stores."""
    return [_bundled(), *_stored(settings)]


def named(name: str, settings: ModelSettings) -> Entry:
    bundled = _bundled()
    if name in ("bundled", bundled.name) or (len(name) >= 6 and bundled.sha256.startswith(name)):
        return bundled
    return find(name, settings.shared_stores)


def verify(entry: Entry, progress: Callable[[int], None] = lambda _: None) -> None:
    """Read the whole file. Raises a ModelError when it is not what it should be."""
    try:
        sha256 = sha256_of(entry.path, progress)
    except FileNotFoundError as error:
        raise ModelNotFound(f"{entry.path} does not exist; run `slm-lsp models pull`") from error
    except OSError as error:
        raise ModelError(f"{entry.path} cannot be read: {error.strerror or error}") from error
    if sha256 != entry.sha256:
        raise ModelMismatch(
            f"{entry.path} was changed: its sha256 is {sha256[:12]}…, it should be "
            f"{entry.sha256[:12]}…; remove it with `slm-lsp models remove {entry.sha256[:12]}` "
            "and get it again"
        )
    remember_sha256(entry.path, sha256)


def _bundled() -> Entry:
    model = bundled_model()
    return Entry(model.sha256, model.size, model.name, model.path)


def _stored(settings: ModelSettings) -> Iterator[Entry]:
    for store in all_stores(settings.shared_stores):
        yield from (replace(entry) for entry in store.entries())
