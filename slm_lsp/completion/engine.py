"""The path of one keystroke, from a question to a suggestion or to the reason for none."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from slm_context.cursor import DocumentContext
from slm_context.languages import LANGUAGES
from slm_context.types import ContextBundle
from slm_context.window import Window, fit_window
from slm_prompts import FimTemplate, OtherFile, Prompt, render, template_for, templates

from slm_lsp.completion.budget import PromptBudget
from slm_lsp.completion.cache import SuggestionCache
from slm_lsp.completion.gate import mode_for, skip_reason
from slm_lsp.completion.postprocess import Surroundings, postprocess
from slm_lsp.completion.stop import end_of_answer
from slm_lsp.completion.types import (
    Completion,
    CompletionMode,
    CompletionRequest,
    Explanation,
    SkipReason,
    Token,
    Trigger,
)
from slm_lsp.errors import PromptTooLong, WorkerBusy, WorkerError
from slm_lsp.inference.client import ModelClient, WorkerState
from slm_lsp.inference.wire import Done, Generate
from slm_lsp.settings import Settings
from slm_lsp.statistics import Statistics

LOG = logging.getLogger("slm_lsp.completion")

COMMENTS = {language.name: language.line_comment for language in LANGUAGES}
Gather = Callable[[DocumentContext], Awaitable[ContextBundle]]


@dataclass
class _Running:
    """The one request of a document that is being answered."""

    task: asyncio.Task[Completion | None]
    superseded: bool = False


@dataclass
class _Answer:
    """What the model wrote for one request."""

    text: str = ""
    tokens: list[Token] = field(default_factory=list[Token])
    done: Done | None = None


class CompletionEngine:
    """Answers completion requests with one model. The newest request of a document wins."""

    def __init__(
        self,
        client: ModelClient,
        settings: Settings,
        statistics: Statistics | None = None,
        gather: Gather | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.explain_last: Explanation | None = None
        self._client = client
        self._settings = settings
        self._statistics = statistics or Statistics()
        self._counters = self._statistics.counters
        self._gather = gather
        self._clock = clock
        self._cache = SuggestionCache()
        self._budget = PromptBudget()
        self._running: dict[str, _Running] = {}
        self._suffixes: dict[str, str] = {}

    async def complete(self, request: CompletionRequest) -> Completion | None:
        """The suggestion for a request; None when there is none worth showing.

        `explain_last` then says why. Cancelling the caller cancels the model, too.
        """
        explanation = Explanation(request.uri, request.version, request.trigger)
        self.explain_last = explanation
        self._counters.requests += 1
        started = self._clock()
        self._supersede(request.uri)
        answering = asyncio.ensure_future(self._answer(request, explanation))
        running = _Running(answering)
        self._running[request.uri] = running
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
            if self._running.get(request.uri) is running:
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
        elif explanation.skip_reason is not SkipReason.NOTHING_LEFT:
            self._counters.skipped += 1
        return completion

    def accepted(
        self, request: CompletionRequest, completion: Completion, kind: str, length: int
    ) -> None:
        """The person took `length` characters of a suggestion."""
        self._counters.accepted += 1

    def close_document(self, uri: str) -> None:
        """The document is gone, and with it the wish for an answer."""
        self._supersede(uri)
        self._suffixes.pop(uri, None)

    def _supersede(self, uri: str) -> None:
        older = self._running.pop(uri, None)
        if older is not None:
            older.superseded = True
            older.task.cancel()

    async def _answer(
        self, request: CompletionRequest, explanation: Explanation
    ) -> Completion | None:
        document, settings = request.document, self._settings
        model = self._client.model
        explanation.skip_reason = skip_reason(document, request.trigger, settings)
        if explanation.skip_reason is not None:
            return None
        if model is None or self._client.state is not WorkerState.READY:
            explanation.skip_reason = SkipReason.NOT_READY
            return None
        template = self._template(model.name, model.fim_markers)
        if template is None:
            explanation.skip_reason = SkipReason.NOT_READY
            return None
        mode = explanation.mode = mode_for(document, settings)
        scope = f"{model.sha256}:{template.name}:{mode}"
        hit = self._cache.get(scope, document)
        if hit is not None:
            explanation.from_cache = True
            explanation.raw = hit.completion.text
            self._counters.cache_hits += 1
            self._counters.typed_through += hit.typed > 0
            return hit.completion
        try:
            answer = await self._ask(request, mode, template, explanation)
        except WorkerBusy:
            explanation.skip_reason = SkipReason.NOT_READY
            return None
        except WorkerError as error:
            LOG.warning("no suggestion: %s", error)
            explanation.skip_reason = SkipReason.MODEL_FAILED
            return None
        completion = self._polish(answer, document, mode, template, explanation)
        if completion is None:
            explanation.skip_reason = SkipReason.NOTHING_LEFT
            return None
        self._cache.put(scope, document, completion)
        return completion

    async def _ask(
        self,
        request: CompletionRequest,
        mode: CompletionMode,
        template: FimTemplate,
        explanation: Explanation,
    ) -> _Answer:
        """Lay out the prompt and stream the answer; a prompt that is too long gets shorter."""
        document = request.document
        started = self._clock()
        bundle = await self._gather(document) if self._gather else ContextBundle()
        explanation.timings_ms["gather"] = _ms(self._clock() - started)
        model = self._client.model
        assert model is not None, "_answer() has asked before"
        settings = self._settings.completion
        automatic = request.trigger is Trigger.AUTOMATIC
        deadline_ms = settings.automatic_deadline_ms if automatic else settings.invoked_deadline_ms
        block = mode is CompletionMode.BLOCK
        n_predict = settings.max_block_tokens if block else settings.max_line_tokens
        n_predict = min(n_predict, model.n_ctx // 4)
        while True:
            n_chars = self._budget.n_chars(model, n_predict, deadline_ms)
            prompt = self._lay_out(request, bundle, template, n_chars)
            _explain_prompt(explanation, prompt, bundle)
            question = Generate(
                id=0,
                segments=tuple((one.text, one.special) for one in prompt.segments),
                n_predict=n_predict,
                stop=prompt.stop,
                single_line=not block,
                deadline_ms=deadline_ms,
            )
            n_sent = sum(len(segment.text) for segment in prompt.segments)
            try:
                answer = await self._stream(question, document, mode)
            except PromptTooLong as error:
                if n_chars <= 64:
                    raise
                self._budget.too_long(n_sent, error.n_tokens)
                continue
            if answer.done is not None:
                self._count(explanation, answer.done)
                self._budget.learn(n_sent, answer.done)
            explanation.raw = answer.text
            explanation.timings_ms["model"] = _ms(self._clock() - started)
            return answer

    async def _stream(
        self, question: Generate, document: DocumentContext, mode: CompletionMode
    ) -> _Answer:
        answer = _Answer()
        async with aclosing(self._client.generate(question)) as stream:
            async for item in stream:
                if isinstance(item, Done):
                    answer.done = item
                elif item.candidate == 0:
                    answer.text += item.text
                    answer.tokens.extend(Token(*token) for token in item.tokens)
                    if mode is CompletionMode.BLOCK:
                        if end_of_answer(answer.text, document, mode) is not None:
                            break  # closing the stream stops the model
        return answer

    def _lay_out(
        self,
        request: CompletionRequest,
        bundle: ContextBundle,
        template: FimTemplate,
        n_chars: int,
    ) -> Prompt:
        document = request.document
        snippets = [OtherFile(one.path, one.text) for one in bundle.snippets]
        n_snippets = sum(len(one.path) + len(one.text) for one in snippets)
        while snippets and n_snippets > n_chars // 3:
            first = snippets.pop(0)
            n_snippets -= len(first.path) + len(first.text)
        window: Window = fit_window(document, n_chars - n_snippets, self._suffixes.get(request.uri))
        self._suffixes[request.uri] = window.suffix
        return render(
            template,
            path=document.path,
            prefix=window.prefix,
            suffix=window.suffix,
            snippets=snippets,
            comment=COMMENTS.get(document.language or "", "#"),
        )

    def _polish(
        self,
        answer: _Answer,
        document: DocumentContext,
        mode: CompletionMode,
        template: FimTemplate,
        explanation: Explanation,
    ) -> Completion | None:
        started = self._clock()
        draft, verdicts = postprocess(answer.text, Surroundings(document, mode, template))
        explanation.verdicts = verdicts
        explanation.timings_ms["postprocess"] = _ms(self._clock() - started)
        if draft is None:
            return None
        return Completion(draft.text, tuple(answer.tokens), draft.n_replaced)

    def _template(self, name: str, markers: dict[str, str]) -> FimTemplate | None:
        chosen = self._settings.model.template
        return templates().get(chosen) if chosen else template_for(name, markers)

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


def _explain_prompt(explanation: Explanation, prompt: Prompt, bundle: ContextBundle) -> None:
    explanation.prompt = [{"part": one.part, "text": one.text} for one in prompt.segments]
    explanation.snippets = [
        {
            "path": one.path,
            "line": one.start_line + 1,
            "origin": one.origin,
            "score": round(one.score, 4),
            "reason": one.reason,
        }
        for one in bundle.snippets
    ]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
