"""Which snippets a document's prompts hold: settled for as long as a person types on one line.

A new set would be evaluated anew, and with it the whole prompt behind it.
"""

import hashlib
import logging
import time
from asyncio import timeout
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from slm_context.cursor import DocumentContext
from slm_context.types import ContextBundle
from slm_context.window import Window

from slm_lsp.settings import Settings

LOG = logging.getLogger("slm_lsp.completion")

SNIPPETS_LAST_S = 10.0
# Gathering keeps its own deadline; this is for when it does not.
GATHER_PATIENCE = 4.0

Gather = Callable[[DocumentContext], Awaitable[ContextBundle]]


@dataclass(slots=True)
class Settled:
    """What one document's prompts keep from keystroke to keystroke."""

    window: Window | None = None
    bundle: ContextBundle = field(default_factory=ContextBundle)
    n_laid_out: int | None = None  # of its snippets; prompts on this line keep to that
    digest: str = ""
    line: tuple[str, int] = ("", -1)
    gathered_at: float = float("-inf")
    n_news: int = 0  # how often more became known
    n_heeded: int = 0  # of these, when the snippets were gathered

    @property
    def outdated(self) -> bool:
        """More is known than when the snippets were gathered."""
        return self.n_heeded < self.n_news


class SettledContexts:
    """Keeps that of each open document, and gathers when it is time to."""

    def __init__(
        self,
        settings: Settings,
        gather: Gather | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.patience_s = GATHER_PATIENCE * settings.context.deadline_ms / 1000
        self._gather = gather
        self._clock = clock
        self._settled: dict[str, Settled] = {}

    def digest(self, uri: str) -> str:
        """Names the snippets that this document's next prompt starts from."""
        settled = self._settled.get(uri)
        if settled is None:
            return ""
        return f"{settled.digest}?" if settled.outdated else settled.digest

    def bundle(self, uri: str) -> ContextBundle:
        """What was gathered for this document's last prompt."""
        return self._settled[uri].bundle if uri in self._settled else ContextBundle()

    def gather_again(self, uri: str) -> None:
        """Choose snippets anew for the next prompt, though it may be on the same line."""
        if uri in self._settled and self._gather is not None:
            self._settled[uri].n_news += 1

    def forget(self, uri: str) -> None:
        """The document was closed."""
        self._settled.pop(uri, None)

    async def settle(self, uri: str, document: DocumentContext) -> Settled:
        """Gather again when the cursor is on another line, or after a pause."""
        settled = self._settled.setdefault(uri, Settled())
        if self._gather is None:
            return settled
        line = document.path, document.text.count("\n", 0, document.line_start)
        now, n_news = self._clock(), settled.n_news
        lasts = not settled.outdated and now - settled.gathered_at < SNIPPETS_LAST_S
        if line == settled.line and lasts:
            return settled
        try:
            async with timeout(self.patience_s):
                bundle = await self._gather(document)
        except TimeoutError:
            LOG.warning(
                "gathering context took longer than %.0f ms, %.0f times context.deadline_ms: "
                "this prompt has the snippets of the one before, if any",
                self.patience_s * 1000,
                GATHER_PATIENCE,
            )
            return settled
        same_document = settled.line[0] == line[0]
        if line != settled.line:
            settled.n_laid_out = None
        # What became known meanwhile may not be among it.
        settled.line, settled.gathered_at, settled.n_heeded = line, now, n_news
        if same_document and _tells_enough(settled.bundle, bundle):
            settled.bundle = replace(settled.bundle, beside=bundle.beside)
            return settled
        if [one.text for one in bundle.snippets] != [one.text for one in settled.bundle.snippets]:
            settled.digest = _digest(bundle)
            settled.n_laid_out = None
        settled.bundle = bundle
        return settled


def _tells_enough(kept: ContextBundle, found: ContextBundle) -> bool:
    """Whether the snippets in the prompt hold the best of what was found now.

    Others are worth an evaluation for something better, not for another third place.
    """
    if not found.snippets:
        return bool(kept.snippets)
    best = found.snippets[-1]
    return any(one.path == best.path and one.text == best.text for one in kept.snippets)


def _digest(bundle: ContextBundle) -> str:
    if not bundle.snippets:
        return ""
    named = "\0".join(f"{one.path}\0{one.text}" for one in bundle.snippets)
    return hashlib.blake2b(named.encode("utf-8", "replace"), digest_size=12).hexdigest()
