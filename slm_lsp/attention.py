"""The model reads ahead where the person is: whatever tells of that is passed on to its engine."""

from collections.abc import Callable

from slm_context.cursor import DocumentContext

from slm_lsp.documents import DocumentSnapshot
from slm_lsp.model_choice import ModelChoice
from slm_lsp.status import State
from slm_lsp.whereabouts import Whereabouts


class Attention:
    """What is read ahead follows the cursor, as far as its way can be told."""

    def __init__(
        self,
        model: ModelChoice,
        snapshot: Callable[[str], DocumentSnapshot | None],
        context: Callable[[DocumentSnapshot, int], DocumentContext],
    ) -> None:
        self._model = model
        self._snapshot = snapshot
        self._context = context
        self._whereabouts = Whereabouts()
        self._was_loading = False

    def opened(self, snapshot: DocumentSnapshot) -> None:
        """Where the cursor is, nobody says before the first question.

        It is where it was, or else, for want of anything better, at the end: a model that reads
        the suffix last can use what it read of the file wherever the cursor turns out to be.
        """
        offset = self._whereabouts.last_in(snapshot.uri)
        self.at(snapshot, len(snapshot.text) if offset is None else offset)

    def at(self, snapshot: DocumentSnapshot, offset: int) -> None:
        """The person is here, as far as can be told: the model may read ahead when they rest."""
        offset = min(offset, len(snapshot.text))
        if self._whereabouts.at(snapshot.uri, snapshot.version, offset):
            self._read_ahead(snapshot, offset)

    def asked(self, uri: str, version: int, offset: int) -> None:
        """A question comes from here: its answer is more than what reading ahead could bring."""
        self._whereabouts.at(uri, version, offset)

    def left(self, uri: str) -> None:
        """A document was closed."""
        self._whereabouts.left(uri)

    def model_is(self, state: State) -> None:
        """A model that has just been loaded begins where the person is."""
        began, self._was_loading = self._was_loading, state is State.LOADING
        now = self._whereabouts.now
        if not began or state is not State.READY or now is None:
            return
        snapshot = self._snapshot(now.uri)
        if snapshot is not None and snapshot.version == now.version:
            self._read_ahead(snapshot, now.offset)

    def _read_ahead(self, snapshot: DocumentSnapshot, offset: int) -> None:
        engine = self._model.engine_of(snapshot.uri)
        if engine is not None:
            engine.cursor_at(snapshot.uri, self._context(snapshot, offset))
