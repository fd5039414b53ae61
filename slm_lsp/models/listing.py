"""Everything that could serve, as `models list` shows it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from slm_lsp.errors import ModelError
from slm_lsp.models.gguf_reader import read_header
from slm_lsp.models.manifest import bundled_model
from slm_lsp.models.quarantine import why_quarantined
from slm_lsp.models.store import Entry, all_stores, own_store
from slm_lsp.settings import ModelSettings


@dataclass(frozen=True, slots=True)
class Row:
    """One model of `size` bytes, wherever its copies lie."""

    name: str
    also: tuple[str, ...]  # what copies of it are called elsewhere
    sha256: str
    size: int
    where: str  # "package", "store", the folder of a shared store, or several of these
    path: str  # of the copy that serves
    source: str
    pinned: bool
    kind: str  # "model", "adapter"
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def rows(settings: ModelSettings) -> list[Row]:
    """The bundled model, then the stores, each content once; the pinned one is marked."""
    copies: dict[str, list[tuple[str, Entry]]] = {}
    for where, entry in _copies(settings):
        copies.setdefault(entry.sha256, []).append((where, entry))
    return [_row(settings, sha256, found) for sha256, found in copies.items()]


def _copies(settings: ModelSettings) -> Iterator[tuple[str, Entry]]:
    """Every file, in the order in which it would be taken, and where it lies."""
    bundled = bundled_model()
    yield "package", Entry(bundled.sha256, bundled.size, bundled.name, bundled.path)
    for store in all_stores(settings.shared_stores):
        where = "store" if store == own_store() else str(store.folder)
        yield from ((where, entry) for entry in store.entries())


def _row(settings: ModelSettings, sha256: str, copies: list[tuple[str, Entry]]) -> Row:
    called = list(dict.fromkeys(entry.name for _, entry in copies))
    called.sort(key=lambda name: name != settings.name)  # as the settings call it, if they do
    first = copies[0][1]
    return Row(
        called[0],
        tuple(called[1:]),
        sha256,
        first.size,
        ", ".join(where for where, _ in copies),
        str(first.path),
        next((entry.source for _, entry in copies if entry.source), ""),
        any(names(settings, name, sha256) for name in called),
        _kind(first.path),
        "in quarantine" if why_quarantined(sha256) else "",
    )


def _kind(path: Path) -> str:
    try:
        is_adapter = read_header(path).metadata.get("general.type") == "adapter"
    except ModelError:
        return "model"  # that cannot be read: what is wrong is said when it is to serve
    return "adapter" if is_adapter else "model"


def names(settings: ModelSettings, name: str, sha256: str) -> bool:
    """Whether the settings name this file."""
    if settings.path is not None:
        return False
    if settings.sha256 is not None:
        return settings.sha256 == sha256
    is_bundled = sha256 == bundled_model().sha256
    return settings.name == name or (settings.name == "bundled" and is_bundled)
