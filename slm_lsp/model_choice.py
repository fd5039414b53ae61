"""Which model is there, where folders want different ones: that of the folder asked in last.

Two at once may be more than the machine can hold. A folder that wants another one gets it as soon
as somebody asks there, and until then nothing.
"""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.folders import Folder, Folders
from slm_lsp.serving import ServingModel
from slm_lsp.settings import ModelSettings, Settings


class ModelChoice:
    """Has the model loaded that a folder wants, and gives the folder's engine once it is there."""

    def __init__(
        self,
        folders: Folders,
        serving: ServingModel,
        in_background: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._folders = folders
        self._serving = serving
        self._in_background = in_background
        # Whose settings say which model is there.
        self._chooser = folders.first

    @property
    def settings(self) -> ModelSettings:
        """How the model is set that is there, or on its way."""
        return self._chooser.settings.model

    def begin(self) -> None:
        """The folders are there: the model of the first one starts to load."""
        self._chooser = self._folders.first
        self._load()

    def folders_moved(self) -> None:
        """Folders came and went: one that is gone chooses no more."""
        if self._chooser not in self._folders:
            self._chooser = self._folders.first

    def settings_changed(self) -> None:
        """Load another model if it takes another one now."""
        if not self._serving.serves(self._wanted_by(self._chooser)):
            self._load()

    def engine_in(self, folder: Folder) -> CompletionEngine | None:
        """Who answers in a folder; None while its model is not there."""
        return self._serving.engine_for(folder, self._wanted_by(folder))

    def engine_of(self, uri: str) -> CompletionEngine | None:
        """Who answers in a document."""
        return self.engine_in(self._folders.of(uri))

    async def follow_to(self, folder: Folder) -> CompletionEngine | None:
        """Somebody asks there: the engine that answers, after its model was waited for."""
        if folder.settings.completion.enabled and not self._serving.serves(self._wanted_by(folder)):
            self._chooser = folder
            self._load()
        await self._serving.settle()
        return self.engine_in(folder)

    def restart(self) -> Coroutine[Any, Any, None]:
        """A fresh inference process, for the settings as they are at this call."""
        return self._serving.restart(self._wanted_by(self._chooser))

    def _load(self) -> None:
        self._in_background(self._serving.load(self._wanted_by(self._chooser)))

    def _wanted_by(self, folder: Folder) -> Settings:
        """What the model has to be like to answer in this folder."""
        settings, served = folder.settings, self._serving.settings
        if folder.root is None and served is not None and served.completion.enabled:
            # What lies outside of all folders takes the model that is there.
            model = replace(served.model, sampling=settings.model.sampling)
            settings = replace(settings, model=model)
        if any(one.settings.privacy.require_sandbox for one in self._folders):
            # They share a process, so what one of them demands holds for all.
            privacy = replace(settings.privacy, require_sandbox=True)
            settings = replace(settings, privacy=privacy)
        return settings
