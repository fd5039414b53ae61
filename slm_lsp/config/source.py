"""Settings as they are now: read, watched, and read again without losing the last good ones."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from slm_lsp.config.files import (
    EDITOR_SETTINGS,
    PYPROJECT,
    REPOSITORY_FILE,
    editor_layer,
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
        self._layers: dict[Source, Layer] = {}
        self._last_good: dict[Source, Layer] = {}
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
        fresh = {
            Source.USER: user_layer(),
            Source.REPOSITORY: repository_layer(self.root) if self.root is not None else None,
            Source.EDITOR: editor_layer(*self._editor),
        }
        for source, layer in fresh.items():
            if layer is None:
                self._layers.pop(source, None)
                self._last_good.pop(source, None)
            else:
                self._layers[source] = self._good(source, layer)
        self.resolved = resolve(self._layers[s] for s in fresh if s in self._layers)
        return (before.settings, before.complaints) != (
            self.resolved.settings,
            self.resolved.complaints,
        )

    def _good(self, source: Source, fresh: Layer) -> Layer:
        """The fresh layer, or the last good one with the fresh one's complaints."""
        wrong = [c for c in resolve([fresh]).complaints if c.stops]
        if not wrong:
            self._last_good[source] = fresh
        last = self._last_good.get(source)
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
