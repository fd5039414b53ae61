"""What the file and its neighbours wrote behind the same words before, as a suggestion.

Code repeats itself, most of all near by: a count of what followed the last words in the open file
predicts names and idioms that a small model has not learnt (Hindle et al. 2012, Tu et al. 2014;
Hellendoorn and Devanbu 2017 nest the counts of a file and of its project). The longest context
that occurred before decides, and the file's own counts go before the neighbours'. The same counts
judge what the model writes: one that agrees with them is far more often right.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slm_context.cursor import DocumentContext

from slm_lsp.completion.counting import (
    LONGEST_CONTEXT,
    Corpus,
    Echo,
    Next,
    context_at,
    counted,
    echo,
)
from slm_lsp.completion.names import word_before
from slm_lsp.completion.types import Precedent, Token

MOST_TOKENS = 24
# Where the places go on so differently, nothing is said.
LEAST_SHARE = 0.15
# On either side of the cursor, and of each other file: three times as much found no more.
REACH, REACH_ELSEWHERE = 60_000, 20_000


@dataclass(frozen=True, slots=True)
class Copied:
    """A suggestion's tokens, with what speaks for its first one."""

    tokens: tuple[Token, ...]
    precedent: Precedent

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens)


class Copier:
    """Counts in one document around its cursor, and in other files."""

    def __init__(self) -> None:
        self._above_text: str = ""
        self._below_text: str = ""
        self._above, self._below = Corpus(), Corpus()
        self._other_texts: Sequence[str] = ()
        self._others: Sequence[Corpus] = ()

    def look_also_in(self, texts: Sequence[str]) -> None:
        """Other files, or pieces of them."""
        if texts != self._other_texts:
            self._other_texts = texts
            self._others = [counted(text[:REACH_ELSEWHERE]) for text in texts]

    def suggest(self, document: DocumentContext) -> Copied | None:
        """How the line goes on to its end, by what was written before; None where nothing was."""
        self._read(document)
        context, begun = context_at(document)
        tokens: list[Token] = []
        first: tuple[Next, bool] | None = None
        left = begun
        while len(tokens) < MOST_TOKENS:
            best = self._next(context[-LONGEST_CONTEXT:], left)
            if best is None or best[0].piece == "\n":
                break
            found, _ = best
            if first is None and found.share < LEAST_SHARE:
                break
            first = first or best
            word = found.piece.lstrip(" \t")
            text = word[len(left) :] if left else found.piece
            if not tokens and not left and (document.line_prefix[-1:] or "\n").isspace():
                text = word
            tokens.append(Token(text, math.log(found.share)))
            context.append(word)
            left = ""
        if first is None:
            return None
        return Copied(tuple(tokens), Precedent(first[0].n, first[0].n_times, first[1]))

    def echo(self, document: DocumentContext, text: str) -> tuple[Echo, Echo]:
        """How the rest of the document goes on behind the same words, and how other files do."""
        self._read(document)
        context, begun = context_at(document)
        if begun and word_before(begun + text[:1]) == "":  # the word is whole, and more follows it
            context, begun = [*context, begun][-LONGEST_CONTEXT:], ""
        here = echo((self._above, self._below), context, begun, text)
        return here, echo(self._others, context, begun, text)

    def _next(self, context: Sequence[str], begun: str) -> tuple[Next, bool] | None:
        """The longest context decides; of equals, the text above, the one below, other files."""
        found = list(self._found(context, begun))
        if not found:
            return None
        return max(found, key=lambda one: (one[0].n, one[1], one[0].n_times))

    def _found(self, context: Sequence[str], begun: str) -> Iterator[tuple[Next, bool]]:
        for corpus, from_file in (
            (self._above, True),
            (self._below, True),
            *((one, False) for one in self._others),
        ):
            one = corpus.next(context, begun)
            if one is not None:
                yield one, from_file

    def _read(self, document: DocumentContext) -> None:
        """Take in what the lines above and below say. Typing on adds a line at a time."""
        above = document.text[: document.line_start]
        known = self._above_text
        if not (known and above.startswith(known) and len(above) <= 2 * REACH):
            self._above, self._above_text = Corpus(above[-REACH:]), above
        elif len(above) > len(known):
            self._above.add(above[len(known) :])
            self._above_text = above
        below = document.next_lines[:REACH]
        if below != self._below_text:
            self._below, self._below_text = Corpus("\n" + below), below
