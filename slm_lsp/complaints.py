"""What is wrong with the settings, said once: who saw it and goes on typing has seen it."""

import logging
from collections.abc import Callable, Iterable

from slm_context.remembered import Remembered

LOG = logging.getLogger("slm_lsp.complaints")

# Of sentences that were said.
MAX_SAID_CHARS = 100_000


class Complaints:
    """Says each sentence to `tell`, and to the log, unless it was said before."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._said: Remembered[str, bool] = Remembered(MAX_SAID_CHARS)

    def say(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            if not self._said.get(sentence):
                LOG.warning("%s", sentence)
                self._said.put(sentence, True, len(sentence))
                self._tell(sentence)
