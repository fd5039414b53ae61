"""Which word follows which others in a text: what copying and judging count in."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from slm_context.cursor import DocumentContext
from slm_context.remembered import remembers

from slm_lsp.completion.names import word_before

WORD = re.compile(r"\w+|[^\w\s]")
# A word or a sign with the blanks before it, or a line's end.
PIECE = re.compile(r"[ \t]*(?:\w+|[^\w\s])|\n")
LONGEST_CONTEXT = 6
# Of so much text before the cursor the context is read.
CONTEXT_CHARS = 600
# Of other files whose counts are kept: those of a few folders. Each character takes 50 bytes.
MAX_ELSEWHERE = 200_000


@dataclass(frozen=True, slots=True)
class Echo:
    """`share` of the `n_places` with the same `n_context` words before them go on as suggested.

    One place that does not is always assumed, so that a single one proves little.
    """

    n_context: int = 0
    n_places: int = 0
    share: float = 0.0


class Corpus:
    """Text to count in. Grows at its end at little cost."""

    def __init__(self, text: str = "") -> None:
        self._words: list[str] = []
        self._pieces: list[str] = []
        # Where the word behind two others, or behind one, stands. To be looked up only.
        self.behind_two: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._behind_one: dict[str, list[int]] = defaultdict(list)
        self.add(text)

    def add(self, text: str) -> None:
        words, pieces = self._words, self._pieces
        before = words[-1] if words else "\n"
        two = (words[-2] if len(words) > 1 else "\n", before)
        for piece in PIECE.findall(text):
            word = piece.lstrip(" \t")
            self._behind_one[before].append(len(words))
            self.behind_two[two].append(len(words))
            words.append(word)
            pieces.append(piece)
            two, before = (before, word), word

    def __len__(self) -> int:
        return len(self._words)

    def at(self, place: int) -> tuple[str, str]:
        """The word there, and the same with the blanks before it."""
        return self._words[place], self._pieces[place]

    def behind_longest(self, context: Sequence[str], begun: str) -> tuple[int, Sequence[int]]:
        """How long the longest part of `context` is that occurs here, and where it goes on.

        Of two words at least: (0, []) where these do not occur.
        """
        words = self._words
        longest, found = 0, list[int]()
        for place in self._going_on(self.behind_two.get((context[-2], context[-1]), ()), begun):
            n, most = 2, min(len(context), place)
            while n < most and words[place - n - 1] == context[-n - 1]:
                n += 1
            if n > longest:
                longest, found = n, []
            if n == longest:
                found.append(place)
        return longest, found

    def behind_word(self, word: str, begun: str) -> Sequence[int]:
        """Where it goes on behind a word."""
        return self._going_on(self._behind_one.get(word, ()), begun)

    def _going_on(self, places: Sequence[int], begun: str) -> Sequence[int]:
        """Those of `places` whose word is more than what is `begun` of it."""
        if not begun:
            return places
        words = self._words
        return [one for one in places if words[one].startswith(begun) and words[one] != begun]


# Documents of one folder have the same neighbours, and only the one that changed is counted again.
counted = remembers(max_chars=MAX_ELSEWHERE)(Corpus)


def context_at(document: DocumentContext) -> tuple[list[str], str]:
    """The words before the cursor, and the one that it stands in or behind."""
    before = document.text[max(0, document.offset - CONTEXT_CHARS) : document.offset]
    begun = word_before(before)
    before = before[: len(before) - len(begun)]
    context = [piece.lstrip(" \t") for piece in PIECE.findall(before)]
    if context[-1:] != ["\n"] and not document.line_prefix.removesuffix(begun).strip():
        context.append("\n")
    return context[-LONGEST_CONTEXT:], begun


def behind(
    corpora: Sequence[Corpus], context: Sequence[str], begun: str
) -> tuple[int, list[tuple[Corpus, int]]]:
    """How long the longest part of `context` is that any of the texts has, and where it goes on."""
    if len(context) > 1:
        pair = context[-2], context[-1]  # most texts do not have it
        having = [text for text in corpora if pair in text.behind_two]
        found = [(text, *text.behind_longest(context, begun)) for text in having]
        longest = max((n for _, n, _ in found), default=0)
        if longest:
            return longest, [(text, one) for text, n, at in found if n == longest for one in at]
    if not context:
        return 0, []
    places = [(text, one) for text in corpora for one in text.behind_word(context[-1], begun)]
    return int(bool(places)), places


def echo(corpora: Sequence[Corpus], context: Sequence[str], begun: str, text: str) -> Echo:
    """How these texts go on behind the longest context that any of them has, next to `text`."""
    head = WORD.search(begun + text)
    if head is None:
        return Echo()
    longest, places = behind(corpora, context, begun)
    words = [corpus.at(one)[0] for corpus, one in places]
    return Echo(longest, len(words), words.count(head[0]) / (len(words) + 1))
