"""What is asked at the cursor: who answers it, what came of it, and what is told of it later."""

from collections.abc import Callable
from dataclasses import replace

from slm_lsp.completion.types import CompletionRequest, Explanation, Trigger
from slm_lsp.folders import Folder, Folders
from slm_lsp.learning import Learning
from slm_lsp.model_choice import ModelChoice
from slm_lsp.serving import ServingModel
from slm_lsp.statistics import Statistics
from slm_lsp.suggestions import Suggestion, Suggestions


class Questions:
    """Passes each question to the engine of its folder, and counts what is shown and taken."""

    def __init__(
        self,
        folders: Folders,
        model: ModelChoice,
        serving: ServingModel,
        statistics: Statistics,
        learning: Learning,
        suggestions: Suggestions,
        is_open: Callable[[str], bool],
    ) -> None:
        self._folders = folders
        self._model = model
        self._serving = serving
        self._statistics = statistics
        self._learning = learning
        self._suggestions = suggestions
        self._is_open = is_open
        # Where the last question came from, and the last one with a prompt.
        self._asked: Folder | None = None
        self._seen: Explanation | None = None

    async def ask(self, request: CompletionRequest) -> Suggestion | None:
        """Ask the engine; None when there is nothing worth showing."""
        self._asked = folder = self._folders.of(request.uri)
        engine = self._model.engine_in(folder)
        on_screen = engine.on_screen(request) if engine is not None else None
        if on_screen is None:
            engine = await self._model.follow_to(folder)
        # While a model loads, the document may have been closed.
        if engine is None or not self._is_open(request.uri):
            return None
        n_typed_through = self._statistics.counters.typed_through
        self._serving.stop_reading_ahead()
        with self._serving.busy():
            completion = await engine.complete(request, on_screen)
        if engine.explain_last is not None and engine.explain_last.prompt:
            self._seen = engine.explain_last
        if completion is None:
            return None
        # The rest of a suggestion that is typed along is no other one.
        anew = self._statistics.counters.typed_through == n_typed_through
        if anew and request.trigger is Trigger.AUTOMATIC:
            self._learning.shown(request.document.language, completion.probability)
        others = tuple(self._suggestions.give(request, other) for other in completion.others)
        return self._suggestions.give(request, completion, others, is_rest=not anew)

    def accepted(self, id: int, kind: str, length: int) -> None:
        """The person took `length` characters of a suggestion; one that is not known is nothing."""
        suggestion = self._suggestions.accepted(id, kind, length)
        self._statistics.counters.accepted = self._suggestions.n_accepted
        if suggestion is None:
            return
        engine = self._model.engine_of(suggestion.uri)
        if engine is not None:
            engine.accepted(suggestion.uri, suggestion.offset + length)

    def explanation(self) -> Explanation | None:
        """How the last answer came about, in the folder that was asked in last.

        Where the model was not asked again, what it saw when it was asked last in this document.
        """
        if self._asked is None:
            return None
        engine, seen = self._model.engine_in(self._asked), self._seen
        told = engine.explain_last if engine is not None else None
        if told is not None and told.from_cache and seen is not None and seen.uri == told.uri:
            told = replace(told, prompt=seen.prompt, snippets=seen.snippets, left_out=seen.left_out)
        return told
