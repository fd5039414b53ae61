"""Where a suggestion comes from: what was made or written before, the file, or the model."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from slm_context.cursor import DocumentContext
from slm_prompts import chosen_template

from slm_lsp.completion.asking import Answer, Asker, Expect, Question
from slm_lsp.completion.cache import Hit, SuggestionCache
from slm_lsp.completion.choosing import chosen, chosen_copy, promised
from slm_lsp.completion.copying import Copied
from slm_lsp.completion.gate import mode_for
from slm_lsp.completion.postprocess import InsertionPoint
from slm_lsp.completion.settled import Gather
from slm_lsp.completion.sources import Defined, Sources
from slm_lsp.completion.types import Completion, CompletionMode, Explanation, SkipReason, Trigger
from slm_lsp.completion.written import WrittenAnswers
from slm_lsp.inference.client import ModelClient, WorkerState
from slm_lsp.inference.wire import Done, EndReason
from slm_lsp.settings import Settings
from slm_lsp.statistics import Counters

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Known:
    """What need not be asked. `completion` is None where nothing was left to suggest.

    `typed` characters of the answer were typed since it was made; fewer than 0 were deleted.
    """

    completion: Completion | None
    typed: int


@dataclass(frozen=True, slots=True)
class _JudgedCopy:
    """What became of the file's copy at one place: it is wanted before and after the model's."""

    copied: Copied
    around: InsertionPoint
    seen: tuple[str, ...]
    completion: Completion | None
    told: Explanation

    def is_of(self, copied: Copied, around: InsertionPoint, seen: tuple[str, ...]) -> bool:
        return copied is self.copied and around is self.around and seen == self.seen


class Suggester:
    """Makes suggestions and keeps them, and all that they are made of."""

    def __init__(
        self,
        client: ModelClient,
        settings: Settings,
        counters: Counters,
        gather: Gather | None = None,
        defined: Defined | None = None,
        expect: Expect | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._client = client
        self._settings = settings
        self._counters = counters
        self._clock = clock
        self._asker = Asker(client, settings, gather, expect, clock)
        self._contexts = self._asker.contexts
        self._sources = Sources(self._contexts, defined)
        self._cache = SuggestionCache()
        self._written = WrittenAnswers()
        self._judged: _JudgedCopy | None = None

    def question(
        self, document: DocumentContext, trigger: Trigger, after_acceptance: bool
    ) -> Question | None:
        """What will be asked; None while there is no model that could answer."""
        model = self._client.model
        if model is None or self._client.state is not WorkerState.READY:
            return None
        chosen = self._settings.model.template
        template = chosen_template(chosen, model.name, model.fim_markers)
        if template is None:
            return None
        mode = mode_for(
            document,
            self._settings,
            after_acceptance,
            lambda: self._sources.tree(document),
        )
        completion = self._settings.completion
        automatic = trigger is Trigger.AUTOMATIC
        deadline = completion.automatic_deadline_ms if automatic else completion.invoked_deadline_ms
        n_candidates = 1 if automatic else completion.n_candidates
        return Question(model, template, mode, deadline, n_candidates)

    def copied(
        self,
        uri: str,
        document: DocumentContext,
        question: Question,
        explanation: Explanation,
        least_share: float = 0.0,
    ) -> Completion | None:
        """What the file says itself, where such a share of the places goes on like that."""
        copied = self._sources.copied(uri, document)
        if copied is None or copied.share < least_share:
            return None
        around = self._sources.around(document, question)
        witness = self._sources.witness(uri, document)
        last = self._judged
        if last is None or not last.is_of(copied, around, witness.seen):
            told = Explanation(uri, explanation.version, explanation.trigger)
            completion = chosen_copy(copied, around, witness, told)
            last = self._judged = _JudgedCopy(copied, around, witness.seen, completion, told)
        explanation.take(last.told)
        return last.completion

    def compared(
        self,
        uri: str,
        document: DocumentContext,
        question: Question,
        explanation: Explanation,
        copied: Completion,
        written: Completion | None,
    ) -> Completion:
        """The copy, judged beside what the model wrote for the same place."""
        around = self._sources.around(document, question)
        witness = self._sources.witness(uri, document)
        other = (written.text, written.probability) if written is not None else ("", 0.5)
        return promised(copied, around, witness, explanation, 0, *other)

    async def known(
        self, uri: str, document: DocumentContext, question: Question, explanation: Explanation
    ) -> Known | None:
        """What the model need not be asked, since it would say the same again."""
        scope = self._scope(uri, question)
        hit = self._cache.get(scope, document)
        if hit is not None and _still_answers(hit, explanation, question):
            explanation.raw = hit.completion.text
            completion = self._judged_anew(uri, document, question, explanation, hit)
            return Known(completion, hit.typed)
        if explanation.trigger is Trigger.INVOKED:
            return None
        rest = self._written.get(scope, document, question.mode)
        if rest is None:
            return None
        answer = Answer([list(rest.tokens)])
        completion = await self._made(uri, document, question, explanation, answer, rest.typed)
        return Known(completion, rest.typed)

    async def make(
        self, uri: str, document: DocumentContext, question: Question, explanation: Explanation
    ) -> Completion | None:
        """Ask the model, and keep what is worth showing. Raises WorkerError."""
        block = question.mode is CompletionMode.BLOCK
        tree = self._sources.tree(document) if block else None
        answer = await self._asker.ask(uri, document, question, explanation, tree)
        if answer.done is not None:
            self._count(explanation, answer.done)
            if answer.done.reason is EndReason.DEADLINE and not answer.text():
                explanation.skip_reason = SkipReason.TOO_LATE
        self._written.put(self._scope(uri, question), document, answer, question.mode)
        return await self._made(uri, document, question, explanation, answer)

    async def warm(self, uri: str, document: DocumentContext, question: Question) -> None:
        """Have the words around counted, and the prompt evaluated. Raises WorkerError."""
        settled = await self._contexts.settle(uri, document)
        self._sources.copied(uri, document)
        await self._asker.warm(document, question, settled)

    def gather_again(self, uri: str) -> None:
        """The document's next prompt is to have snippets chosen anew."""
        self._contexts.gather_again(uri)

    def forget(self, uri: str) -> None:
        """The document was closed."""
        self._contexts.forget(uri)
        self._judged = None
        self._sources.forget(uri)

    def _judged_anew(
        self,
        uri: str,
        document: DocumentContext,
        question: Question,
        explanation: Explanation,
        hit: Hit,
    ) -> Completion:
        """What was typed since speaks for the rest; or all that was sure of it is typed."""
        if hit.typed <= 0:
            return hit.completion
        around = self._sources.around(document, question)
        witness = self._sources.witness(uri, document)
        other = self._copied_text(uri, document)
        return promised(hit.completion, around, witness, explanation, hit.typed, other)

    async def _made(
        self,
        uri: str,
        document: DocumentContext,
        question: Question,
        explanation: Explanation,
        answer: Answer,
        typed: int = 0,
    ) -> Completion | None:
        """What is worth showing of an answer, of which so much was typed already."""
        started = self._clock()
        await self._sources.look_up(uri, document, answer)
        around = self._sources.around(document, question)
        witness = self._sources.witness(uri, document)
        other = self._copied_text(uri, document)
        completion = chosen(answer, around, witness, explanation, typed, other)
        explanation.took("postprocess", self._clock() - started)
        if completion is None or answer.is_cut_off:
            return completion
        if answer.done is not None and answer.done.reason is EndReason.CONFIDENCE:
            completion = replace(completion, is_part=True)
        self._cache.put(self._scope(uri, question), document, completion)
        return completion

    def _copied_text(self, uri: str, document: DocumentContext) -> str:
        copied = self._sources.copied(uri, document)
        return copied.text if copied is not None else ""

    def _scope(self, uri: str, question: Question) -> str:
        context = self._contexts.digest(uri)
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


def _still_answers(hit: Hit, explanation: Explanation, question: Question) -> bool:
    """Asking by hand where one suggestion, or part of one, was made, asks the model."""
    if explanation.trigger is Trigger.INVOKED:
        return not hit.completion.is_part and hit.completion.n_asked >= question.n_candidates
    return True
