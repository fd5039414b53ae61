"""Which suggestion is shown, if any: the model's or the file's, and only what is worth the look."""

from slm_context.cursor import DocumentContext

from slm_lsp.completion.asking import Question
from slm_lsp.completion.suggesting import Suggester
from slm_lsp.completion.types import (
    Completion,
    CompletionRequest,
    Explanation,
    SkipReason,
    Trigger,
)
from slm_lsp.settings import Settings
from slm_lsp.statistics import Statistics

# Also who wants to see everything sees the model's answer rather than an unsure copy; one that is
# as sure as this is shown without asking the model (chosen on `TUNED`, benchmarks/recalibrate.py).
LEAST_COPIED, SURE = 0.5, 0.8
# Where the places go on more differently than this, nobody need filter and weigh it to know that it
# is not so sure: of 81 sure ones at 5,885 keys (`TUNED`), the least unanimous had 0.61.
UNANIMOUS = 0.6


class Decider:
    """Weighs what the sources suggest by what they promise, and by what the person wants to see."""

    def __init__(self, suggester: Suggester, settings: Settings, statistics: Statistics) -> None:
        self._suggester = suggester
        self._settings = settings
        self._statistics = statistics

    def sure_copy(
        self, request: CompletionRequest, question: Question, explanation: Explanation
    ) -> Completion | None:
        """What the file says itself, where it is so sure that nobody else need be asked."""
        told = Explanation(request.uri, request.version, request.trigger)
        copied = self._suggester.copied(
            request.uri, request.document, question, told, least_share=UNANIMOUS
        )
        if copied is None or self._why_hidden(copied, request.document, SURE):
            return None
        explanation.take(told)
        return copied

    def best(
        self,
        request: CompletionRequest,
        question: Question,
        explanation: Explanation,
        written: Completion | None,
    ) -> Completion | None:
        """What the model wrote or what the file says, whichever promises more."""
        shown = self._worth_showing(written, request, explanation)
        if request.trigger is Trigger.INVOKED:
            return shown
        if shown is not None and explanation.from_cache:
            return shown
        told = Explanation(request.uri, request.version, request.trigger)
        copied = self._suggester.copied(request.uri, request.document, question, told)
        if copied is not None:
            copied = self._suggester.compared(
                request.uri, request.document, question, told, copied, written
            )
            hidden = self._why_hidden(copied, request.document, LEAST_COPIED)
            if not hidden and (shown is None or shown.gain_s < copied.gain_s):
                explanation.skip_reason = None
                explanation.take(told)
                shown = copied
        return shown

    def _worth_showing(
        self, completion: Completion | None, request: CompletionRequest, explanation: Explanation
    ) -> Completion | None:
        """Who did not ask sees only what probably begins right, and is worth the look."""
        if completion is None:
            explanation.skip_reason = explanation.skip_reason or SkipReason.NOTHING_LEFT
            return None
        explanation.probability = round(completion.probability, 4)
        explanation.gain_s = round(completion.gain_s, 3)
        if request.trigger is Trigger.AUTOMATIC:
            explanation.skip_reason = self._why_hidden(completion, request.document)
        return completion if explanation.skip_reason is None else None

    def _why_hidden(
        self, completion: Completion, document: DocumentContext, least: float = 0.0
    ) -> SkipReason | None:
        floor = max(least, self._floor(document))
        if completion.probability < floor:
            return SkipReason.UNSURE
        # Who wants to see everything sees everything.
        if floor > 0 and completion.gain_s <= 0:
            return SkipReason.NO_GAIN
        return None

    def _floor(self, document: DocumentContext) -> float:
        """The least probability that is shown, given what was taken in this language before."""
        wanted = self._settings.completion.show_at_least_percent / 100
        return wanted / self._statistics.trust(document.language)
