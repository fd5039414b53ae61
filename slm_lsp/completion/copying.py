"""What the file and its neighbours wrote behind the same words before, as a suggestion.

Code repeats itself, most of all near by: a count of what followed the last words in the open file
predicts names and idioms that a small model has not learnt (Hindle et al. 2012, Tu et al. 2014;
Hellendoorn and Devanbu 2017 nest the counts of a file and of its project). The longest context
that occurred before decides, and the file's own counts go before the neighbours'.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slm_context.cursor import DocumentContext
from slm_context.remembered import remembers

from slm_lsp.completion.names import word_before
from slm_lsp.completion.types import Precedent, Token

# A word or a sign with the blanks before it, or a line's end.
PIECE = re.compile(r"[ \t]*(?:\w+|[^\w\s])|\n")
LONGEST_CONTEXT = 6
MOST_TOKENS = 24
# Of so much text before the cursor the context is read.
CONTEXT_CHARS = 600
# One place that goes on otherwise is always assumed, by half.
UNSEEN = 0.5
# Where the places go on so differently, nothing is said.
LEAST_SHARE = 0.15
# On either side of the cursor, and of each other file: three times as much found no more.
REACH, REACH_ELSEWHERE = 60_000, 20_000
# Of other files whose counts are kept: those of a few folders. Each character takes 50 bytes.
MAX_ELSEWHERE = 200_000


@dataclass(frozen=True, slots=True)
class Copied:
    """A suggestion's tokens, with what speaks for its first one."""

    tokens: tuple[Token, ...]
    precedent: Precedent

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens)


@dataclass(frozen=True, slots=True)
class _Next:
    """The likeliest next piece behind a context of `n` words."""

    piece: str
    share: float
    n: int
    n_times: int


class Corpus:
    """Text to count in. Grows at its end at little cost."""

    def __init__(self, text: str = "") -> None:
        self._words: list[str] = []
        self._pieces: list[str] = []
        # Where the word behind two others, or behind one, stands.
        self._behind_two: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._behind_one: dict[str, list[int]] = defaultdict(list)
        self.add(text)

    def add(self, text: str) -> None:
        words, pieces = self._words, self._pieces
        before = words[-1] if words else "\n"
        two = (words[-2] if len(words) > 1 else "\n", before)
        for piece in PIECE.findall(text):
            word = piece.lstrip(" \t")
            self._behind_one[before].append(len(words))
            self._behind_two[two].append(len(words))
            words.append(word)
            pieces.append(piece)
            two, before = (before, word), word

    def next(self, context: Sequence[str], begun: str) -> _Next | None:
        """What came most often behind the longest part of `context` that occurs here."""
        words = self._words
        if len(context) > 1:
            places = self._behind_two.get((context[-2], context[-1]), ())
            longest, found = 0, list[int]()
            for place in places:
                if not _goes_on(words[place], begun):
                    continue
                n = 2
                while n < min(len(context), place) and words[place - n - 1] == context[-n - 1]:
                    n += 1
                if n > longest:
                    longest, found = n, []
                if n == longest:
                    found.append(place)
            if found:
                return self._most(found, longest)
        places = self._behind_one.get(context[-1], ()) if context else ()
        found = [place for place in places if _goes_on(words[place], begun)]
        return self._most(found, 1) if found else None

    def _most(self, places: Sequence[int], n: int) -> _Next:
        counts = Counter(self._words[place] for place in places)
        word, n_times = counts.most_common(1)[0]
        last = next(place for place in reversed(places) if self._words[place] == word)
        return _Next(self._pieces[last], n_times / (len(places) + UNSEEN), n, n_times)


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
        before = document.text[max(0, document.offset - CONTEXT_CHARS) : document.offset]
        begun = word_before(before)
        context = [
            piece.lstrip(" \t") for piece in PIECE.findall(before[: len(before) - len(begun)])
        ]
        if not begun and context[-1:] != ["\n"] and not document.line_prefix.strip():
            context.append("\n")
        tokens: list[Token] = []
        first: tuple[_Next, bool] | None = None
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
            if not tokens and not left and before[-1:].isspace():
                text = word
            tokens.append(Token(text, math.log(found.share)))
            context.append(word)
            left = ""
        if first is None:
            return None
        return Copied(tuple(tokens), Precedent(first[0].n, first[0].n_times, first[1]))

    def _next(self, context: Sequence[str], begun: str) -> tuple[_Next, bool] | None:
        """The longest context decides; of equals, the text above, the one below, other files."""
        found = list(self._found(context, begun))
        if not found:
            return None
        return max(found, key=lambda one: (one[0].n, one[1], one[0].n_times))

    def _found(self, context: Sequence[str], begun: str) -> Iterator[tuple[_Next, bool]]:
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


# Documents of one folder have the same neighbours, and only the one that changed is counted again.
counted = remembers(max_chars=MAX_ELSEWHERE)(Corpus)


def _goes_on(word: str, begun: str) -> bool:
    return not begun or (word.startswith(begun) and word != begun)
