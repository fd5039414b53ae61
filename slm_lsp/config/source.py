"""Settings as they are now: read, watched, and read again without losing the last good ones."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from slm_lsp.config.files import (
    EDITOR_SETTINGS,
    PYPROJECT,
    REPOSITORY_FILE,
    editor_layers,
    repository_layer,
    user_layer,
)
from slm_lsp.config.resolve import resolve
from slm_lsp.config.types import Complaint, Layer, Resolved, Source
from slm_lsp.places import user_config_file
from slm_lsp.settings import Settings


class ConfigSource:
    """The settings of one repository. `reload()` after a change of any of `watched`."""

    def __init__(self, root: Path | None = None, editor_options: Any = None) -> None:
        self.root = root
        self._editor = editor_options, EDITOR_SETTINGS
        # By the source, and its number where there are several of the kind.
        self._layers: dict[tuple[Source, int], Layer] = {}
        self._last_good: dict[tuple[Source, int], Layer] = {}
        self.resolved: Resolved = Resolved(Settings())
        self.reload()

    @property
    def settings(self) -> Settings:
        return self.resolved.settings

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        return self.resolved.complaints

    @property
    def watched(self) -> tuple[Path, ...]:
        """The files that matter, whether or not they exist."""
        mine = (user_config_file(),)
        if self.root is None:
            return mine
        return (*mine, self.root / REPOSITORY_FILE, self.root / PYPROJECT)

    def set_editor_options(self, options: Any, where: str = EDITOR_SETTINGS) -> bool:
        """What the editor sent now; returns whether anything changed. Messages call it `where`."""
        self._editor = options, where
        return self.reload()

    def reload(self) -> bool:
        """Read the files again; returns whether settings or complaints changed.

        A file that is broken in mid-edit, or says nothing sure about the pin or privacy, leaves
        its last good layer in force, and a complaint that says so.
        """
        before = self.resolved
        found = [
            user_layer(),
            repository_layer(self.root) if self.root is not None else None,
            *editor_layers(*self._editor, self.root),
        ]
        fresh: dict[tuple[Source, int], Layer] = {}
        for layer in found:
            if layer is not None:
                fresh[layer.source, sum(source is layer.source for source, _ in fresh)] = layer
        for gone in self._layers.keys() - fresh.keys():
            del self._layers[gone]
            self._last_good.pop(gone, None)
        for key, layer in fresh.items():
            self._layers[key] = self._good(key, layer)
        self.resolved = resolve(self._layers[key] for key in fresh)
        return (before.settings, before.complaints) != (
            self.resolved.settings,
            self.resolved.complaints,
        )

    def _good(self, key: tuple[Source, int], fresh: Layer) -> Layer:
        """The fresh layer, or the last good one with the fresh one's complaints."""
        wrong = [c for c in resolve([fresh]).complaints if c.stops]
        if not wrong:
            self._last_good[key] = fresh
        last = self._last_good.get(key)
        if not wrong or last is None:
            return fresh
        kept = (
            replace(c, message=f"{c.message}; the last good settings stay in force", stops=False)
            for c in wrong
        )
        return replace(last, complaints=(*last.complaints, *kept))


def load(root: Path | None = None, editor_options: Any = None) -> Resolved:
    """Read everything once, as commands do."""
    return ConfigSource(root, editor_options).resolved
