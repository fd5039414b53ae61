"""What the file and its neighbours wrote behind the same words before, as a suggestion.

Code repeats itself, most of all near by: a count of what followed the last words in the open file
predicts names and idioms that a small model has not learnt (Hindle et al. 2012, Tu et al. 2014;
Hellendoorn and Devanbu 2017 nest the counts of a file and of its project). The longest context
that occurred before decides, wherever it did; of what followed it, places in the file count for
more than those in others, and those near the cursor for more still. The same counts
judge what the model writes: one that agrees with them is far more often right.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from slm_context.cursor import DocumentContext

from slm_lsp.completion.counting import (
    LONGEST_CONTEXT,
    Corpus,
    Echo,
    behind,
    context_at,
    counted,
    echo,
)
from slm_lsp.completion.names import word_before
from slm_lsp.completion.types import Precedent, Token

MOST_TOKENS = 24
# What a place in the document counts, where one in another file counts 1, and how many times as
# much more a place does right at the cursor; a few lines on (words) half as much. With these, what
# copying saves on the commits of `TUNED` rose from 51 to 67 s in 100 lines, other files' places
# being counted with the document's and not only where it has none; twice or half of each is alike.
OWN, NEAR, HALF_WORDS = 2.0, 4.0, 300
# As if one place more went on otherwise, by half.
UNSEEN = 0.5
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

    @property
    def share(self) -> float:
        """Of the places that decide, how many go on with its first token, from 0 to 1."""
        return math.exp(self.tokens[0].logprob)

    @property
    def is_whole(self) -> bool:
        """Whether it stopped by itself."""
        return len(self.tokens) < MOST_TOKENS


@dataclass(frozen=True, slots=True)
class _Next:
    """The likeliest next piece, its share of all counts, and what speaks for it."""

    piece: str
    share: float
    precedent: Precedent


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
        first: _Next | None = None
        left = begun
        while len(tokens) < MOST_TOKENS:
            found = self._next(context[-LONGEST_CONTEXT:], left)
            if found is None or found.piece == "\n":
                break
            if first is None and found.share < LEAST_SHARE:
                break
            first = first or found
            word = found.piece.lstrip(" \t")
            text = word[len(left) :] if left else found.piece
            if not tokens and not left and (document.line_prefix[-1:] or "\n").isspace():
                text = word
            tokens.append(Token(text, math.log(found.share)))
            context.append(word)
            left = ""
        if first is None:
            return None
        return Copied(tuple(tokens), first.precedent)

    def echo(self, document: DocumentContext, text: str) -> tuple[Echo, Echo]:
        """How the rest of the document goes on behind the same words, and how other files do."""
        self._read(document)
        context, begun = context_at(document)
        if begun and word_before(begun + text[:1]) == "":  # the word is whole, and more follows it
            context, begun = [*context, begun][-LONGEST_CONTEXT:], ""
        here = echo((self._above, self._below), context, begun, text)
        return here, echo(self._others, context, begun, text)

    def _next(self, context: Sequence[str], begun: str) -> _Next | None:
        """What came most often behind the longest part of the context that any of the texts has."""
        longest, found = behind((self._above, self._below, *self._others), context, begun)
        counts = defaultdict[str, float](float)
        places = defaultdict[str, list[tuple[Corpus, str]]](list)
        for corpus, place in found:
            word, piece = corpus.at(place)
            counts[word] += self._weight(corpus, place)
            places[word].append((corpus, piece))
        if not counts:
            return None
        word = max(counts, key=counts.__getitem__)
        like = places[word]
        # Its blanks as they were last above the cursor, or else in the first of the other texts.
        piece = next(
            (piece for corpus, piece in reversed(like) if corpus is self._above), like[0][1]
        )
        in_file = any(corpus in (self._above, self._below) for corpus, _ in like)
        share = counts[word] / (sum(counts.values()) + UNSEEN)
        return _Next(piece, share, Precedent(longest, len(like), in_file))

    def _weight(self, corpus: Corpus, place: int) -> float:
        if corpus is self._above:
            return OWN * (1 + NEAR * 0.5 ** ((len(corpus) - place) / HALF_WORDS))
        if corpus is self._below:
            return OWN * (1 + NEAR * 0.5 ** (place / HALF_WORDS))
        return 1.0

    def _read(self, document: DocumentContext) -> None:
        """Take in what the lines above and below say. Typing on adds a line at a time."""
        above = document.text[: document.line_start]
        known = self._above_text
        if above != known:
            if known and above.startswith(known) and len(above) <= 2 * REACH:
                self._above.add(above[len(known) :])
            else:
                self._above = Corpus(above[-REACH:])
            self._above_text = above
        below = document.next_lines[:REACH]
        if below != self._below_text:
            self._below, self._below_text = Corpus("\n" + below), below
