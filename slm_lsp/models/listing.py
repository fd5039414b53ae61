"""Everything that could serve, as `models list` shows it."""

from dataclasses import asdict, dataclass
from typing import Any

from slm_lsp.models.manifest import bundled_model
from slm_lsp.models.quarantine import why_quarantined
from slm_lsp.models.store import all_stores, own_store
from slm_lsp.settings import ModelSettings


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    sha256: str
    size: int
    where: str  # "package", "store", or the folder of a shared store
    path: str
    source: str
    pinned: bool
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def rows(settings: ModelSettings) -> list[Row]:
    """The bundled model, then the stores; the pinned one is marked."""
    bundled = bundled_model()
    found = [
        Row(
            bundled.name,
            bundled.sha256,
            bundled.size,
            "package",
            str(bundled.path),
            "",
            names(settings, bundled.name, bundled.sha256),
        )
    ]
    for store in all_stores(settings.shared_stores):
        where = "store" if store == own_store() else str(store.folder)
        found += [
            Row(
                entry.name,
                entry.sha256,
                entry.size,
                where,
                str(entry.path),
                entry.source or "",
                names(settings, entry.name, entry.sha256),
                "in quarantine" if why_quarantined(entry.sha256) else "",
            )
            for entry in store.entries()
        ]
    return found


def names(settings: ModelSettings, name: str, sha256: str) -> bool:
    """Whether the settings name this file."""
    if settings.path is not None:
        return False
    if settings.sha256 is not None:
        return settings.sha256 == sha256
    is_bundled = sha256 == bundled_model().sha256
    return settings.name == name or (settings.name == "bundled" and is_bundled)
