"""One answer: its candidates, from the prompt's logits to their last tokens. Runs in the child."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from slm_lsp.inference.cache import PROMPT, PromptCache
from slm_lsp.inference.expected import Expected
from slm_lsp.inference.grammar import Grammar
from slm_lsp.inference.llama import Llama
from slm_lsp.inference.lookup import DraftPolicy, PromptLookup
from slm_lsp.inference.sampling import Logits, choose, most_probable
from slm_lsp.inference.text import LINE_ENDS, TextStream
from slm_lsp.inference.wire import Chunk, EndReason, Generate

Emit = Callable[[Chunk], None]


@dataclass(slots=True)
class Candidate:
    """One continuation under way, in the sequence with its index."""

    index: int
    stream: TextStream
    random: Random
    to_heal: bytes
    expected: Expected
    n_tokens: int = 0  # chosen; the last one is not evaluated yet
    sum_logprob: float = 0.0
    next_token: int = 0
    reason: EndReason | None = None


class Answer:
    """What one `Generate` gets: one candidate, or several that share the prompt's cells."""

    def __init__(
        self,
        request: Generate,
        llama: Llama,
        cache: PromptCache,
        drafting: DraftPolicy,
        emit: Emit,
    ) -> None:
        self._request = request
        self._llama = llama
        self._cache = cache
        self._emit = emit
        self.n_predicted = 0  # tokens, of all candidates
        self._n_prompt = cache.n_prompt
        self._n_room = llama.n_ctx - self._n_prompt
        self._floor = -math.inf if request.min_logprob is None else request.min_logprob
        self.candidates = [self._candidate(index) for index in range(request.n_candidates)]
        self._grammar = Grammar(request.grammar, llama.vocab) if request.grammar else None
        alone = len(self.candidates) == 1 and request.temperature <= 0 and not request.grammar
        self._drafting = drafting if alone else None
        self._lookup = PromptLookup() if alone else None

    def run(self) -> None:
        self._first_tokens(self._cache.logits(self._n_prompt - 1))
        if len(self.candidates) > 1:
            self._cache.truncate(self._n_prompt)
        while live := [candidate for candidate in self.candidates if self._goes_on(candidate)]:
            if len(self.candidates) > 1:
                self._step_together(live)
            elif draft := self._draft(live[0]):
                self._step_with_draft(live[0], draft)
            else:
                self._step(live[0])

    def finish(self) -> None:
        """Hand out what was held back, and give the branches' cells back."""
        for candidate in self.candidates:
            self._send(candidate, candidate.stream.finish())
            if candidate.index:
                self._llama.truncate(candidate.index, 0)
        if self._grammar is not None:
            self._grammar.close()

    def _candidate(self, index: int) -> Candidate:
        request = self._request
        return Candidate(
            index,
            TextStream(request.stop + (LINE_ENDS if request.single_line else ())),
            Random(request.seed + index),
            request.heal.encode("utf-8", "replace"),
            Expected(request.expected, self._llama.vocab),
        )

    def _goes_on(self, candidate: Candidate) -> bool:
        return candidate.reason is None and candidate.n_tokens < self._n_room

    def _first_tokens(self, logits: Logits) -> None:
        """Greedy candidates differ in their first token; sampled ones differ by chance."""
        request, candidates = self._request, self.candidates
        if request.temperature > 0 or len(candidates) == 1:
            first = [self._choose(candidate, logits) for candidate in candidates]
        else:
            n, allowed = len(candidates), self._allowed(candidates[0], logits)
            logits = candidates[0].expected.raised(logits)
            first = [*most_probable(logits, n, allowed)] if self._has_any(allowed) else []
        for candidate, choice in zip(candidates, first, strict=False):
            if candidate.index:
                self._llama.branch(PROMPT, candidate.index, self._n_prompt)
            self._take(candidate, choice)
        for candidate in candidates[len(first) :]:
            candidate.reason = EndReason.END

    def _step(self, candidate: Candidate) -> None:
        """One more token for the only candidate."""
        logits = self._cache.step(self._position(candidate), candidate.next_token)
        self._take(candidate, self._choose(candidate, logits))

    def _step_together(self, live: list[Candidate]) -> None:
        """One more token for each candidate, in one batch."""
        self._llama.decode(
            [candidate.next_token for candidate in live],
            [self._position(candidate) for candidate in live],
            [candidate.index for candidate in live],
            range(len(live)),
        )
        if live[0].index == 0:
            self._cache.tokens.append(live[0].next_token)
        for row, candidate in enumerate(live):
            self._take(candidate, self._choose(candidate, self._llama.logits(row)))

    def _position(self, candidate: Candidate) -> int:
        """Where the token belongs that was chosen last."""
        return self._n_prompt + candidate.n_tokens - 1

    def _draft(self, candidate: Candidate) -> Sequence[int]:
        if self._drafting is None or self._lookup is None:
            return []
        if candidate.to_heal or candidate.expected:
            return []
        position = self._position(candidate)
        if self._cache.knows(position, candidate.next_token) or not self._drafting.pays():
            return []
        n_left = min(self._request.n_predict, self._n_room) - candidate.n_tokens
        draft = self._lookup.draft([*self._cache.tokens[:position], candidate.next_token])
        return draft[: max(0, n_left - 1)]

    def _step_with_draft(self, candidate: Candidate, draft: Sequence[int]) -> None:
        """Check a draft in one batch; keep as much of it as the model would have written."""
        assert self._drafting is not None
        position = self._position(candidate)
        self._cache.truncate(position)
        self._cache.extend([candidate.next_token, *draft], outputs=range(1 + len(draft)))
        n_accepted = 0
        for row in range(1 + len(draft)):
            logits = self._cache.logits(position + row)
            self._take(candidate, self._choose(candidate, logits))
            if row == len(draft) or candidate.reason is not None:
                break
            if candidate.next_token != draft[row]:
                break
            n_accepted += 1
        # What was not accepted goes; the last accepted token is in the cache already.
        self._cache.truncate(position + 1 + n_accepted)
        self._drafting.learn(n_accepted, len(draft))

    def _choose(self, candidate: Candidate, logits: Logits) -> tuple[int, float]:
        allowed = self._allowed(candidate, logits)
        if not self._has_any(allowed):
            return self._end_token(), 0.0
        logits = candidate.expected.raised(logits)
        return choose(logits, self._request.temperature, candidate.random, allowed)

    def _allowed(self, candidate: Candidate, logits: Logits) -> Logits | None:
        """The tokens that fit the grammar, or what is still to heal; None when every token does."""
        if self._grammar is not None:
            return self._grammar.allowed(logits)
        return self._llama.vocab.matching(candidate.to_heal) if candidate.to_heal else None

    def _has_any(self, allowed: Logits | None) -> bool:
        return allowed is None or len(allowed) > 0

    def _end_token(self) -> int:
        return self._llama.vocab.marker_ids["eot"]

    def _take(self, candidate: Candidate, choice: tuple[int, float]) -> None:
        """Give a candidate its next token, and decide whether that was the last one."""
        token, token_logprob = choice
        self.n_predicted += 1
        if self._llama.vocab.is_end(token):
            candidate.reason = EndReason.END
            return
        if self._grammar is not None:
            self._grammar.take(token)
        candidate.n_tokens += 1
        candidate.next_token = token
        piece = self._llama.vocab.piece(token)
        token_logprob += candidate.expected.take(token)
        n_healed = min(len(candidate.to_heal), len(piece))
        candidate.to_heal = candidate.to_heal[n_healed:]
        if piece[n_healed:]:
            self._show(candidate, piece[n_healed:], token_logprob)
        if candidate.reason is None and candidate.n_tokens >= self._request.n_predict:
            candidate.reason = EndReason.LENGTH

    def _show(self, candidate: Candidate, piece: bytes, token_logprob: float) -> None:
        candidate.sum_logprob += token_logprob
        if candidate.stream.push(piece, token_logprob):
            candidate.reason = EndReason.STOP
        elif candidate.sum_logprob < self._floor:
            candidate.reason = EndReason.CONFIDENCE
        self._send(candidate, candidate.stream.take())

    def _send(self, candidate: Candidate, tokens: tuple[tuple[str, float], ...]) -> None:
        text = "".join(text for text, _ in tokens)
        if text:
            self._emit(Chunk(self._request.id, candidate.index, text, tokens))
