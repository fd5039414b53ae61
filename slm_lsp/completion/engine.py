"""The path of one keystroke, from a question to a suggestion or to the reason for none."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from slm_context.cursor import DocumentContext
from slm_prompts import chosen_template

from slm_lsp.completion.ahead import Ahead, Sleep
from slm_lsp.completion.asking import Asker, Gather, Question
from slm_lsp.completion.cache import Hit, SuggestionCache
from slm_lsp.completion.choosing import chosen, promised
from slm_lsp.completion.debounce import Debounce
from slm_lsp.completion.following import documents_if_accepted
from slm_lsp.completion.gate import mode_for, skip_reason
from slm_lsp.completion.sources import Defined, Sources
from slm_lsp.completion.types import (
    Completion,
    CompletionRequest,
    Explanation,
    SkipReason,
    Trigger,
)
from slm_lsp.errors import WorkerBusy, WorkerError
from slm_lsp.inference.client import ModelClient, WorkerState
from slm_lsp.inference.wire import Done
from slm_lsp.settings import Settings
from slm_lsp.statistics import Statistics

LOG = logging.getLogger("slm_lsp.completion")

Clock = Callable[[], float]


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
    ) -> None:
        self.explain_last: Explanation | None = None
        self.ahead = Ahead(sleep)
        self._client = client
        self._settings = settings
        self._statistics = statistics or Statistics()
        self._counters = self._statistics.counters
        self._clock = clock
        self._sleep = sleep
        self._discharging = discharging
        self._asker = Asker(client, settings, gather, clock)
        self._sources = Sources(self._asker, defined)
        self._cache = SuggestionCache()
        self._debounce = Debounce()
        self._running: dict[str, asyncio.Task[Completion | None]] = {}
        self._lengths: dict[str, int] = {}
        self._accepted_at: dict[str, int] = {}

    async def complete(self, request: CompletionRequest) -> Completion | None:
        """The suggestion for a request; None when there is none worth showing.

        `explain_last` then says why. Cancelling the caller cancels the model, too.
        """
        explanation = Explanation(request.uri, request.version, request.trigger)
        self.explain_last = explanation
        self._counters.requests += 1
        started = self._clock()
        self.ahead.drop()
        self._supersede(request.uri)
        answering = asyncio.ensure_future(self._answer(request, explanation))
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
            explanation.timings_ms["total"] = _ms(self._clock() - started)
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
        elif explanation.skip_reason is SkipReason.NOTHING_LEFT:
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
        self._asker.forget(uri)
        self._sources.forget(uri)
        for kept in (self._lengths, self._accepted_at):
            kept.pop(uri, None)

    def _supersede(self, uri: str) -> None:
        older = self._running.pop(uri, None)
        if older is not None:
            older.cancel()

    async def _answer(
        self, request: CompletionRequest, explanation: Explanation
    ) -> Completion | None:
        document, automatic = request.document, request.trigger is Trigger.AUTOMATIC
        self._debounce.key(self._clock() * 1000)
        deleting = len(document.text) < self._lengths.get(request.uri, 0)
        self._lengths[request.uri] = len(document.text)
        explanation.skip_reason = skip_reason(document, request.trigger, self._settings)
        if explanation.skip_reason is not None:
            return None
        question = self._question(request.uri, document, request.trigger)
        if question is None:
            explanation.skip_reason = SkipReason.NOT_READY
            return None
        explanation.mode = question.mode
        completion = self._known(request.uri, document, question, explanation)
        if completion is not None:
            return self._worth_showing(completion, request, explanation)
        if automatic:
            chosen_ms = self._settings.completion.debounce_ms
            delay_ms = self._debounce.delay_ms(
                deleting=deleting, saving=self._saving, chosen_ms=chosen_ms
            )
            explanation.timings_ms["debounce"] = delay_ms
            if delay_ms:
                await self._sleep(delay_ms / 1000)
        try:
            completion = await self._make(request.uri, document, question, explanation)
        except WorkerBusy:
            explanation.skip_reason = SkipReason.NOT_READY
            return None
        except WorkerError as error:
            LOG.warning("no suggestion: %s", error)
            explanation.skip_reason = SkipReason.MODEL_FAILED
            return None
        self._debounce.answered(explanation.timings_ms["model"])
        if completion is None:
            explanation.skip_reason = SkipReason.NOTHING_LEFT
            return None
        return self._worth_showing(completion, request, explanation)

    def _worth_showing(
        self, completion: Completion, request: CompletionRequest, explanation: Explanation
    ) -> Completion | None:
        """Who did not ask sees only what probably begins right, and is worth the look."""
        explanation.probability = round(completion.probability, 4)
        explanation.gain_s = round(completion.gain_s, 3)
        if request.trigger is Trigger.AUTOMATIC:
            explanation.skip_reason = self._why_hidden(completion, request.document)
        return completion if explanation.skip_reason is None else None

    def _why_hidden(self, completion: Completion, document: DocumentContext) -> SkipReason | None:
        floor = self._floor(document)
        if completion.probability < floor:
            return SkipReason.UNSURE
        # Who wants to see everything sees everything.
        return SkipReason.NO_GAIN if floor > 0 and completion.gain_s <= 0 else None

    def _floor(self, document: DocumentContext) -> float:
        """The least probability that is shown, given what was taken in this language before."""
        wanted = self._settings.completion.show_at_least_percent / 100
        return wanted / self._statistics.trust(document.language)

    def _question(self, uri: str, document: DocumentContext, trigger: Trigger) -> Question | None:
        """What will be asked; None while there is no model that could answer."""
        model = self._client.model
        if model is None or self._client.state is not WorkerState.READY:
            return None
        chosen = self._settings.model.template
        template = chosen_template(chosen, model.name, model.fim_markers)
        if template is None:
            return None
        after_acceptance = self._accepted_at.get(uri) == len(document.prefix.rstrip())
        mode = mode_for(document, self._settings, after_acceptance)
        completion = self._settings.completion
        automatic = trigger is Trigger.AUTOMATIC
        deadline = completion.automatic_deadline_ms if automatic else completion.invoked_deadline_ms
        n_candidates = 1 if automatic else completion.n_candidates
        return Question(model, template, mode, deadline, n_candidates)

    def _known(
        self, uri: str, document: DocumentContext, question: Question, explanation: Explanation
    ) -> Completion | None:
        """What was suggested before, and still leads to the same file."""
        hit = self._cache.get(self._scope(uri, question), document)
        if hit is None or not self._still_answers(hit, explanation, question):
            return None
        explanation.from_cache = True
        explanation.raw = hit.completion.text
        self._counters.cache_hits += 1
        self._counters.typed_through += hit.typed > 0
        if hit.typed > 0 and self._why_hidden(hit.completion, document) is not None:
            # What was typed since speaks for the rest, and the model would write the same again.
            around = self._sources.around(document, question)
            seen = self._sources.seen(uri, document)
            return promised(hit.completion, around, seen, explanation)
        return hit.completion

    def _still_answers(self, hit: Hit, explanation: Explanation, question: Question) -> bool:
        """Asking by hand where only one suggestion was made, or part of one, asks again."""
        if explanation.trigger is Trigger.INVOKED:
            return not hit.completion.is_part and hit.completion.n_asked >= question.n_candidates
        return True

    async def _make(
        self, uri: str, document: DocumentContext, question: Question, explanation: Explanation
    ) -> Completion | None:
        """Ask the model, and keep what is worth showing. Raises WorkerError."""
        answer = await self._asker.ask(uri, document, question, explanation)
        if answer.done is not None:
            self._count(explanation, answer.done)
        started = self._clock()
        await self._sources.look_up(uri, document, answer)
        around = self._sources.around(document, question)
        completion = chosen(answer, around, self._sources.seen(uri, document), explanation)
        explanation.timings_ms["postprocess"] = _ms(self._clock() - started)
        if completion is not None:
            self._cache.put(self._scope(uri, question), document, completion)
        return completion

    async def _speculate(self, request: CompletionRequest, completion: Completion) -> None:
        """Have ready what comes after the suggestion, as if it were accepted."""
        for document in documents_if_accepted(request.document, completion):
            question = self._question(request.uri, document, Trigger.AUTOMATIC)
            if question is None or skip_reason(document, Trigger.AUTOMATIC, self._settings):
                continue
            if self._cache.get(self._scope(request.uri, question), document) is None:
                told = Explanation(request.uri, request.version, Trigger.AUTOMATIC)
                await self._make(request.uri, document, question, told)

    async def _warm(self, uri: str, document: DocumentContext) -> None:
        question = self._question(uri, document, Trigger.AUTOMATIC)
        if question is not None and not skip_reason(document, Trigger.INVOKED, self._settings):
            await self._asker.warm(uri, document, question)

    def _scope(self, uri: str, question: Question) -> str:
        context = self._asker.context_digest(uri)
        return f"{question.model.sha256}:{question.template.name}:{context}"

    def _count(self, explanation: Explanation, done: Done) -> None:
        explanation.counts.update(
            prompt_tokens=done.n_prompt,
            prompt_tokens_evaluated=done.n_evaluated,
            predicted_tokens=done.n_predicted,
        )
        explanation.timings_ms.update(prefill=done.prefill_ms, decode=done.decode_ms)
        self._counters.prompt_tokens += done.n_prompt
        self._counters.prompt_tokens_evaluated += done.n_evaluated
        self._counters.predicted_tokens += done.n_predicted


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
