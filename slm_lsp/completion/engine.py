"""The path of one keystroke, from a question to a suggestion or to the reason for none."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from slm_context.cursor import DocumentContext

from slm_lsp.completion.ahead import Ahead, Sleep
from slm_lsp.completion.asking import Expect, Question
from slm_lsp.completion.cache import Hit
from slm_lsp.completion.debounce import Debounce
from slm_lsp.completion.deciding import Decider
from slm_lsp.completion.following import documents_if_accepted
from slm_lsp.completion.gate import skip_reason
from slm_lsp.completion.screen import Screen
from slm_lsp.completion.settled import Gather
from slm_lsp.completion.sources import Defined
from slm_lsp.completion.suggesting import Clock, Suggester
from slm_lsp.completion.types import (
    Completion,
    CompletionRequest,
    Explanation,
    SkipReason,
    Trigger,
)
from slm_lsp.errors import WorkerBusy, WorkerError
from slm_lsp.inference.client import ModelClient
from slm_lsp.settings import Settings
from slm_lsp.statistics import Statistics

LOG = logging.getLogger("slm_lsp.completion")


class CompletionEngine:
    """Answers completion requests with one model. The newest request of a document wins."""

    def __init__(
        self,
        client: ModelClient,
        settings: Settings,
        statistics: Statistics | None = None,
        gather: Gather | None = None,
        defined: Defined | None = None,
        clock: Clock = time.perf_counter,
        sleep: Sleep = asyncio.sleep,
        discharging: Callable[[], bool] = lambda: False,
        expect: Expect | None = None,
    ) -> None:
        self.explain_last: Explanation | None = None
        self.ahead = Ahead(sleep)
        self._settings = settings
        self._statistics = statistics or Statistics()
        self._counters = self._statistics.counters
        self._clock = clock
        self._sleep = sleep
        self._discharging = discharging
        self._suggester = Suggester(
            client, settings, self._counters, gather, defined, expect, clock
        )
        self._decider = Decider(self._suggester, settings, self._statistics)
        self._debounce = Debounce()
        self._screen = Screen()
        self._running: dict[str, asyncio.Task[Completion | None]] = {}
        self._lengths: dict[str, int] = {}
        self._accepted_at: dict[str, int] = {}

    def on_screen(self, request: CompletionRequest) -> Hit | None:
        """The answer that is on the screen already, typed along: it needs no model."""
        return self._screen.rest(request)

    async def complete(
        self, request: CompletionRequest, on_screen: Hit | None = None
    ) -> Completion | None:
        """The suggestion for a request, what is `on_screen` for it or else one made anew.

        None when there is none worth showing; `explain_last` then says why. Cancelling the caller
        cancels the model, too.
        """
        explanation = Explanation(request.uri, request.version, request.trigger)
        self.explain_last = explanation
        self._counters.requests += 1
        started = self._clock()
        self.ahead.drop()
        self._supersede(request.uri)
        answering = asyncio.ensure_future(self._answer(request, on_screen, explanation))
        self._running[request.uri] = answering
        try:
            # The answer's own cancellation is news for us, not for the caller.
            await asyncio.wait({answering})
        except asyncio.CancelledError:
            self._counters.cancelled += 1
            explanation.skip_reason = SkipReason.CANCELLED
            answering.cancel()
            with suppress(asyncio.CancelledError):
                await answering
            raise
        finally:
            if self._running.get(request.uri) is answering:
                del self._running[request.uri]
            explanation.took("total", self._clock() - started)
        if answering.cancelled():
            self._counters.superseded += 1
            explanation.skip_reason = SkipReason.SUPERSEDED
            return None
        completion = answering.result()
        if completion is not None:
            self._counters.shown += 1
            self._statistics.latencies_ms.append(explanation.timings_ms["total"])
            self._plan(lambda: self._speculate(request, completion))
        elif explanation.skip_reason in (SkipReason.UNSURE, SkipReason.NO_GAIN):
            self._counters.hidden += 1
        elif explanation.skip_reason in (SkipReason.NOTHING_LEFT, SkipReason.TOO_LATE):
            # It may have been cut off by its deadline: go on where that was, for the next one.
            self._plan(lambda: self._warm(request.uri, request.document))
        else:
            self._counters.skipped += 1
        return completion

    def cursor_at(self, uri: str, document: DocumentContext) -> None:
        """The person is here now: have this place's prompt ready when the hand rests."""
        self.ahead.drop()
        if uri not in self._running:
            self._plan(lambda: self._warm(uri, document))

    def gather_again(self, uri: str) -> None:
        """More is known of a document than when its snippets were chosen."""
        self._suggester.gather_again(uri)

    def _plan(self, work: Callable[[], Awaitable[None]]) -> None:
        if not self._saving:
            self.ahead.plan(work)

    @property
    def _saving(self) -> bool:
        """Whether power is worth more than being early."""
        chosen = self._settings.completion.battery
        return chosen == "on" or (chosen == "auto" and self._discharging())

    def accepted(self, uri: str, end: int) -> None:
        """The person took a suggestion up to here, or a part of it."""
        self._accepted_at[uri] = end

    def close_document(self, uri: str) -> None:
        """The document is gone, and with it the wish for an answer."""
        self.ahead.drop()
        self._supersede(uri)
        self._suggester.forget(uri)
        self._screen.closed(uri)
        for kept in (self._lengths, self._accepted_at):
            kept.pop(uri, None)

    def _supersede(self, uri: str) -> None:
        older = self._running.pop(uri, None)
        if older is not None:
            older.cancel()

    async def _answer(
        self, request: CompletionRequest, on_screen: Hit | None, explanation: Explanation
    ) -> Completion | None:
        """What is on the screen stays while it is typed along; everything else is asked anew."""
        document = request.document
        self._debounce.key(self._clock() * 1000)
        deleting = len(document.text) < self._lengths.get(request.uri, 0)
        self._lengths[request.uri] = len(document.text)
        if on_screen is not None:
            self._counters.cache_hits += 1
            self._counters.typed_through += on_screen.typed > 0
            explanation.tell_again(on_screen.completion)
            return on_screen.completion
        completion = await self._anew(request, explanation, deleting)
        self._screen.answered(request, completion)
        return completion

    async def _anew(
        self, request: CompletionRequest, explanation: Explanation, deleting: bool
    ) -> Completion | None:
        document, automatic = request.document, request.trigger is Trigger.AUTOMATIC
        explanation.skip_reason = skip_reason(document, request.trigger, self._settings)
        if explanation.skip_reason is not None:
            return None
        question = self._question(request.uri, document, request.trigger)
        if question is None:
            explanation.skip_reason = SkipReason.NOT_READY
            return None
        explanation.mode = question.mode
        known = await self._suggester.known(request.uri, document, question, explanation)
        if known is not None:
            explanation.from_cache = True
            self._counters.cache_hits += 1
            self._counters.typed_through += known.typed > 0
            return self._decider.best(request, question, explanation, known.completion)
        if automatic:
            copied = self._decider.sure_copy(request, question, explanation)
            if copied is not None:
                self._counters.copied += 1
                return copied
            chosen_ms = self._settings.completion.debounce_ms
            delay_ms = self._debounce.delay_ms(
                deleting=deleting, saving=self._saving, chosen_ms=chosen_ms
            )
            explanation.timings_ms["debounce"] = delay_ms
            if delay_ms:
                await self._sleep(delay_ms / 1000)
        try:
            completion = await self._suggester.make(request.uri, document, question, explanation)
        except WorkerBusy:
            explanation.skip_reason = SkipReason.NOT_READY
            return None
        except WorkerError as error:
            LOG.warning("no suggestion: %s", error)
            explanation.skip_reason = SkipReason.MODEL_FAILED
            return None
        self._debounce.answered(explanation.timings_ms["model"])
        return self._decider.best(request, question, explanation, completion)

    def _question(self, uri: str, document: DocumentContext, trigger: Trigger) -> Question | None:
        """What will be asked; None while there is no model that could answer."""
        after_acceptance = self._accepted_at.get(uri) == len(document.prefix.rstrip())
        return self._suggester.question(document, trigger, after_acceptance)

    async def _speculate(self, request: CompletionRequest, completion: Completion) -> None:
        """Have ready what comes after the suggestion, as if it were accepted."""
        for document in documents_if_accepted(request.document, completion):
            question = self._question(request.uri, document, Trigger.AUTOMATIC)
            if question is None or skip_reason(document, Trigger.AUTOMATIC, self._settings):
                continue
            told = Explanation(request.uri, request.version, Trigger.AUTOMATIC)
            if await self._suggester.known(request.uri, document, question, told) is None:
                await self._suggester.make(request.uri, document, question, told)

    async def _warm(self, uri: str, document: DocumentContext) -> None:
        question = self._question(uri, document, Trigger.AUTOMATIC)
        if question is not None and not skip_reason(document, Trigger.INVOKED, self._settings):
            await self._suggester.warm(uri, document, question)
