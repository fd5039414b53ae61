"""From a request to the model's answer: what it is shown, and what is read of what it writes."""

import math
import time
from asyncio import timeout
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from slm_context.cursor import DocumentContext
from slm_context.expected import ExpectedName
from slm_context.languages import LANGUAGES
from slm_context.syntax import SyntaxTree
from slm_context.types import Snippet
from slm_context.window import fit_window
from slm_prompts import FimTemplate, OtherFile, Prompt, render

from slm_lsp.completion.budget import PromptBudget
from slm_lsp.completion.confident import LOST
from slm_lsp.completion.healing import beginnings, healed
from slm_lsp.completion.settled import Gather, Settled, SettledContexts
from slm_lsp.completion.stop import ends_while_written
from slm_lsp.completion.types import CompletionMode, Explanation, Token, Trigger
from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.client import ModelClient
from slm_lsp.inference.wire import Done, EndReason, Generate, ModelInfo, Warm
from slm_lsp.settings import Settings

COMMENTS = {language.name: language.line_comment for language in LANGUAGES}
# Of the names that may come, so many are told by `--explain`.
N_TOLD = 12

# At most this part of the context is for the answer, and of the prompt for snippets.
ANSWER_SHARE, SNIPPETS_SHARE = 4, 3

UNFINISHED = (EndReason.DEADLINE, EndReason.CANCELLED)

# The names that may come at the cursor, the likeliest first.
Expect = Callable[[DocumentContext], Awaitable[Sequence[ExpectedName]]]


@dataclass(slots=True)
class Answer:
    """What the model wrote: for each candidate its tokens."""

    candidates: list[list[Token]] = field(default_factory=list[list[Token]])
    done: Done | None = None

    @property
    def is_cut_off(self) -> bool:
        """Whether another question may bring it to its end."""
        return self.done is not None and self.done.reason in UNFINISHED

    def text(self, candidate: int = 0) -> str:
        if candidate >= len(self.candidates):
            return ""
        return "".join(token.text for token in self.candidates[candidate])


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that an answer depends on besides the document."""

    model: ModelInfo
    template: FimTemplate
    mode: CompletionMode
    deadline_ms: float
    n_candidates: int = 1


class Asker:
    """Lays out prompts so that they change little, and asks the model."""

    def __init__(
        self,
        client: ModelClient,
        settings: Settings,
        gather: Gather | None = None,
        expect: Expect | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._client = client
        self._settings = settings
        self._expect = expect
        self._clock = clock
        self._budget = PromptBudget()
        self.contexts = SettledContexts(settings, gather, clock)

    async def ask(
        self,
        uri: str,
        document: DocumentContext,
        question: Question,
        explanation: Explanation,
        tree: SyntaxTree | None = None,
    ) -> Answer:
        """The model's answer; a prompt that turns out too long gets shorter. Raises WorkerError.

        A block is read until the scope ends that `tree`, the document's, has around the cursor.
        """
        started = self._clock()
        settled = await self.contexts.settle(uri, document)
        expected = await self._expected(document)
        explanation.expected = [str(one) for one in expected[:N_TOLD]]
        explanation.took("gather", self._clock() - started)
        completion = self._settings.completion
        block = question.mode is CompletionMode.BLOCK
        n_predict = completion.max_block_tokens if block else completion.max_line_tokens
        n_predict = min(n_predict, question.model.n_ctx // ANSWER_SHARE)
        # Who wants to see everything sees what is improbable, too.
        hides = explanation.trigger is Trigger.AUTOMATIC and completion.show_at_least_percent > 0
        while True:
            n_chars, n_most = self._room(question)
            prompt, heal = self._lay_out(document, settled, question.template, n_chars, n_most)
            explanation.prompt = [{"part": one.part, "text": one.text} for one in prompt.segments]
            explanation.snippets = [_told(one, one.reason) for one in settled.bundle.snippets]
            explanation.left_out = [
                _told(one.snippet, one.reason) for one in settled.bundle.dropped
            ]
            n_sent = _n_chars(prompt)
            request = Generate(
                id=0,
                segments=_segments(prompt),
                n_predict=n_predict,
                stop=prompt.stop,
                single_line=not block,
                n_candidates=question.n_candidates,
                temperature=self._settings.model.sampling.temperature,
                seed=self._settings.model.sampling.seed,
                deadline_ms=question.deadline_ms,
                min_logprob=math.log(LOST) if hides else None,
                heal=heal,
                expected=beginnings(expected, heal),
                shift=question.template.order == "psm",
            )
            started = self._clock()
            try:
                answer = await self._stream(request, document, question.mode, tree)
            except PromptTooLong as error:
                if n_chars <= 64:
                    raise
                self._budget.too_long(n_sent, error.n_tokens)
                continue
            finally:
                explanation.took("model", self._clock() - started)
            if answer.done is not None:
                self._budget.learn(n_sent, answer.done)
            explanation.raw = answer.text()
            return answer

    async def warm(self, document: DocumentContext, question: Question, settled: Settled) -> Done:
        """Evaluate the prompt for this place, and ask for nothing. Raises WorkerError."""
        prompt, _ = self._lay_out(document, settled, question.template, *self._room(question))
        shift = question.template.order == "psm"
        done = await self._client.warm(Warm(0, _segments(prompt), shift))
        self._budget.learn(_n_chars(prompt), done)
        return done

    def _room(self, question: Question) -> tuple[int, int]:
        """How many characters a prompt may hold: a new one, and one that is evaluated already.

        The same for a line and for a block, which alternate.
        """
        completion = self._settings.completion
        longest = max(completion.max_line_tokens, completion.max_block_tokens)
        n_predict = min(longest, question.model.n_ctx // ANSWER_SHARE)
        n_chars = self._budget.n_chars(question.model, n_predict, question.deadline_ms)
        return n_chars, self._budget.n_most_chars(question.model, n_predict)

    async def _stream(
        self,
        request: Generate,
        document: DocumentContext,
        mode: CompletionMode,
        tree: SyntaxTree | None,
    ) -> Answer:
        answer = Answer([[] for _ in range(request.n_candidates)])
        ended: set[int] = set()
        async with aclosing(self._client.generate(request)) as stream:
            async for item in stream:
                if isinstance(item, Done):
                    answer.done = item
                    continue
                answer.candidates[item.candidate].extend(Token(*token) for token in item.tokens)
                if mode is CompletionMode.BLOCK and item.candidate not in ended:
                    written = answer.text(item.candidate)
                    if ends_while_written(written, document, tree):
                        ended.add(item.candidate)
                        if len(ended) == request.n_candidates:
                            break  # closing the stream stops the model
        return answer

    async def _expected(self, document: DocumentContext) -> Sequence[ExpectedName]:
        """The names that may come; not kept, since no prompt holds them."""
        if self._expect is None:
            return ()
        try:
            async with timeout(self.contexts.patience_s):
                return await self._expect(document)
        except TimeoutError:
            return ()

    def _lay_out(
        self,
        document: DocumentContext,
        settled: Settled,
        template: FimTemplate,
        n_chars: int,
        n_most: int,
    ) -> tuple[Prompt, str]:
        """The prompt, and the text that the answer has to begin with."""
        snippets = [OtherFile(one.path, one.text) for one in settled.bundle.snippets]
        n_room = n_chars
        if settled.n_laid_out is not None:
            # One more, or one less, and everything behind it would be evaluated again.
            snippets = snippets[len(snippets) - settled.n_laid_out :]
            n_room = n_most
        n_snippets = sum(len(one.path) + len(one.text) for one in snippets)
        while snippets and n_snippets > n_room // SNIPPETS_SHARE:
            first = snippets.pop(0)
            n_snippets -= len(first.path) + len(first.text)
        settled.n_laid_out = len(snippets)
        window = fit_window(document, n_chars - n_snippets, settled.window, n_most - n_snippets)
        settled.window = window
        prefix, heal = healed(window.prefix)
        prompt = render(
            template,
            path=document.path,
            prefix=prefix,
            suffix=window.suffix,
            snippets=snippets,
            comment=COMMENTS.get(document.language or "", "#"),
        )
        return prompt, heal


def _segments(prompt: Prompt) -> tuple[tuple[str, bool], ...]:
    return tuple((one.text, one.special) for one in prompt.segments)


def _n_chars(prompt: Prompt) -> int:
    return sum(len(segment.text) for segment in prompt.segments)


def _told(one: Snippet, reason: str) -> dict[str, object]:
    return {
        "path": one.path,
        "line": one.start_line + 1,
        "origin": str(one.origin),
        "score": round(one.score, 4),
        "reason": reason,
    }
