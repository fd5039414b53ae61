"""Edits of one token that could repair a broken text, likeliest first. Nothing is parsed here.

Where brackets do not add up, one of the missing kind is tried at every place of the text, judged by
what is usual there and by how well indentation and nesting then agree. Elsewhere every token that
is usual between its neighbours is tried near the place where the parser stumbled.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from slm_lsp.diagnostics.brackets import OPENERS, PAIRS
from slm_lsp.diagnostics.habits import COMMENTS, EDGE, Habits, Word
from slm_lsp.diagnostics.keywords import KEYWORDS
from slm_lsp.diagnostics.layout import Layout
from slm_lsp.diagnostics.placing import Candidate, Form, Placing

SIGNS = (
    *(*",.;:=<>+-*/!?&|#@%$\\", "==", "!=", "=>", "->", "::", "&&", "||", ":=", "===", "!==", "?."),
    *("..", "...", "<=", ">=", "+=", "-="),
)
# What every variable begins with; without it, or by itself, it is a token of its own.
SIGILS = {"php": "$"}
OTHER_COMMENTS = {"php": ("#",)}
# What stands between a thing and a member of it, where that is not a dot.
DOTS = {".", "?."}
SIGNS_OF_MEMBERS = {"php": {"->"}, "c": {".", "->"}, "cpp": {".", "->"}}
# What may have members, beside names, strings, and what the line above ends with.
THINGS = {")", "]", "}", "this", "super", "self", "$this"}
IS_WORD = re.compile(r"[^\W\d]|\$\w")
# For brackets that add up everywhere but here.
MAX_PLACES = 60
# So many tokens are judged in about a millisecond.
CHUNK = 100
# In nats: what speaks against a repair, beside what is usual.
PER_WORD_AWAY = 0.08
MAX_AWAY = 4.0
DISORDER = 2.0  # a bracket that does not agree with indentation
NOT_WANTED = 8.0  # a token, while a bracket is missing
TAKEN_AWAY = 9.0  # people leave out more than they add
SPLIT = -8.0  # what speaks for it: a word that is known only as two
# So far from where the parser stumbled, words are looked at that could be two.
WORDS_SPLIT = 60


class Candidates:
    """The edits that are tried for one mistake."""

    def __init__(
        self, text: str, language: str, stream: Sequence[Word], habits: Habits, stumble: int
    ) -> None:
        """`stumble` is the number of the word at which the parser stumbled."""
        self._language = language
        self._stream = stream
        self._habits = habits
        self._layout = Layout(stream)
        self.placing = Placing(text, stream, self._layout)
        self._stumble = stumble
        self.wanted = _wanted(stream)

    def near(self, lines: Sequence[tuple[int, int]]) -> Iterator[Candidate | None]:
        """Insertions and deletions on these lines (start and end offsets)."""
        lone_quotes = {one.text for one in self._stream if one.kind in ("'", '"', "`")}
        signs = {*SIGNS, *(quote for quote in lone_quotes if len(quote) == 1)}
        # A comment from here on would repair anything.
        signs -= {COMMENTS.get(self._language), *OTHER_COMMENTS.get(self._language, ())}
        fixed = KEYWORDS.get(self._language, frozenset()) | signs
        for n in range(len(self._stream) + 1):
            at = self.placing.place(n)
            if not any(low <= at <= high for low, high in lines):
                continue
            left, right = self._around(n)
            if n < len(self._stream):
                yield from self._with_sigil(n)
            if left[1].text == SIGILS.get(self._language):
                yield from self._behind_sigil(n)
                continue
            without = self._habits.as_it_is(left, right)
            usual = self._habits.behind[left[1].text] | self._habits.before[right[0].text]
            tokens = {*fixed, *usual, *self._habits.names_near(n)}
            for nth, token in enumerate(tokens):
                if token and token[0] not in "\n()[]{}" and self._may_follow(left, token):
                    yield self._insertion(n, token, without)
                if nth % CHUNK == CHUNK - 1:
                    yield None
            if n < len(self._stream) and not right[0].is_line_end:
                yield self._removal(n)
            yield None

    def _may_follow(self, left: tuple[Word, Word], token: str) -> bool:
        """Behind a dot stands a member of the thing: a name that stands there elsewhere."""
        thing, dot = left
        if dot.text not in SIGNS_OF_MEMBERS.get(self._language, DOTS) or not IS_WORD.match(token):
            return True
        if not (thing.kind in ("a", "A", "'") or thing.is_line_end or thing.text in THINGS):
            return True  # `from . import`, a range
        is_keyword = token in KEYWORDS.get(self._language, frozenset())
        usual = self._habits.behind[dot.text]
        return token in usual if is_keyword else self._habits.is_member(thing.text, token)

    def _with_sigil(self, n: int) -> Iterator[Candidate]:
        """The n-th word may be a variable's name without its first sign."""
        word, sigil = self._stream[n], SIGILS.get(self._language, "")
        if sigil and word.kind in ("a", "A") and not word.text.startswith(sigil):
            kind = self._habits.kinds.get(sigil + word.text, "a")
            yield self._in_place(n, Word(0, 0, sigil + word.text, kind), n, sigil, Form.SPLIT)

    def _behind_sigil(self, n: int) -> Iterator[Candidate]:
        """Only the first sign of a variable's name stands before the n-th word."""
        sigil = self._stream[n - 1].text
        for name, kind in self._habits.kinds.items():
            if name.startswith(sigil) and name != sigil:
                yield self._in_place(n - 1, Word(0, 0, name, kind), n, name[len(sigil) :])

    def _in_place(
        self, nth: int, word: Word, n: int, token: str, form: Form = Form.WITHIN_LINE
    ) -> Candidate:
        """`token` before the n-th word makes `word` of the nth one."""
        (left, _), (_, right) = self._around(nth), self._around(nth + 1)
        without = self._habits.gain(left, self._stream[nth], right, 0.0)
        gain = self._habits.gain(left, word, right, without)
        return Candidate(self._away(n) - gain + NOT_WANTED * bool(self.wanted), n, token, form)

    def brackets(self) -> Iterator[Candidate | None]:
        """A missing bracket at each of its likeliest places."""
        for token in self.wanted:
            rough: list[tuple[float, int, bool]] = []
            for n in range(len(self._stream) + 1):
                rough.append((self._away(n) * 0.3 - self._gain(n, token), n, False))
                if token in OPENERS and (gain := self._gain_on_own_line(n, token)) is not None:
                    rough.append((self._away(n) * 0.3 - gain, n, True))
                if n % 50 == 0:
                    yield None
            base = self._layout.disorder()
            scored: list[tuple[float, int, bool]] = []
            rough.sort()
            for cost, n, alone in rough[: 3 * MAX_PLACES]:
                disorder = self._layout.disorder(n, token, alone=alone) - base
                scored.append((cost + DISORDER * disorder, n, alone))
                yield None
            for cost, n, alone in sorted(scored)[:MAX_PLACES]:
                yield Candidate(cost, n, token, Form.OWN_LINE if alone else Form.WITHIN_LINE)
            if token in PAIRS:
                yield from self._splits(token)

    def _gain(self, n: int, token: str) -> float:
        left, right = self._around(n)
        return self._habits.gain(left, Word(0, 0, token, token), right)

    def _gain_on_own_line(self, n: int, closer: str) -> float | None:
        """The same for a closer on a line of its own behind the n-th word, a line's last."""
        indent = self._layout.open_indent(n, closer)
        (a, b), (c, d) = self._around(n)
        if indent is None or not (c.is_line_end or n == len(self._stream)):
            return None
        way = "=" if c.indent == indent else "-" if c.indent < indent else "+"
        before, token = Word(0, 0, "\n-", "\n-", indent), Word(0, 0, closer, closer)
        after = Word(0, 0, c.text.rstrip("+-=") + way, "\n" + way, c.indent)
        return self._habits.line_gain((a, b), (before, token, after), (c, d))

    def _splits(self, opener: str) -> Iterator[Candidate | None]:
        """Between two names that became one word when the bracket between them went."""
        known = self._habits.kinds
        for n, word in enumerate(self._stream):
            if word.kind not in ("a", "A") or abs(n - self._stumble) > WORDS_SPLIT:
                continue
            if self._habits.n_times(word.text) > 1:
                continue
            left, right = self._around(n)
            for at in range(1, len(word.text)):
                a, b = word.text[:at], word.text[at:]
                if a not in known or b not in known:
                    continue
                first, second = Word(0, 0, a, known[a]), Word(0, 0, b, known[b])
                bracket = Word(0, 0, opener, opener)
                gain = self._habits.line_gain(left, (first, bracket, second), right)
                yield Candidate(SPLIT - gain, n, opener, Form.SPLIT, at)
            yield None

    def _insertion(self, n: int, token: str, without: float) -> Candidate:
        left, right = self._around(n)
        kind = self._habits.kinds.get(token, token)
        gain = self._habits.gain(left, Word(0, 0, token, kind), right, without)
        return Candidate(self._away(n) - gain + NOT_WANTED * bool(self.wanted), n, token)

    def _removal(self, n: int) -> Candidate:
        (left, _), word = self._around(n), self._stream[n]
        after = self._stream[n + 1] if n + 1 < len(self._stream) else EDGE
        beyond = self._stream[n + 2] if n + 2 < len(self._stream) else EDGE
        cost = self._away(n) + TAKEN_AWAY + self._habits.gain(left, word, (after, beyond))
        partner = PAIRS.get(word.text) or OPENERS.get(word.text)
        cost += 0.0 if partner in self.wanted else NOT_WANTED * bool(self.wanted)
        return Candidate(cost, n, word.text, Form.REMOVED)

    def _around(self, n: int) -> tuple[tuple[Word, Word], tuple[Word, Word]]:
        words = [
            self._stream[i] if 0 <= i < len(self._stream) else EDGE for i in range(n - 2, n + 2)
        ]
        return (words[0], words[1]), (words[2], words[3])

    def _away(self, n: int) -> float:
        return min(MAX_AWAY, PER_WORD_AWAY * abs(n - self._stumble))


def _wanted(stream: Sequence[Word]) -> list[str]:
    """The brackets of which there are too few, by counting."""
    count = Counter(one.text for one in stream if one.text in PAIRS or one.text in OPENERS)
    found: list[str] = []
    for opener, closer in PAIRS.items():
        if count[opener] != count[closer]:
            found.append(opener if count[opener] < count[closer] else closer)
    return found
