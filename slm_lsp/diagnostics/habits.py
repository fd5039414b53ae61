"""How usual a token is at a place, by how the same file is written elsewhere.

Code repeats itself, and a file repeats itself most (Hindle et al., "On the naturalness of
software", 2012; Tu et al., "On the localness of software", 2014). So counts of the file's own
tokens, three at a time, say which token is likely to be missing where: a keyword, a name, a sign.
Line ends are tokens as well, with the way the indentation goes, for a brace is missing where a line
ends and the next one is deeper. Where three tokens have not been seen, their kinds are asked.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from slm_context.languages import LANGUAGES

from slm_lsp.diagnostics.keywords import KEYWORDS
from slm_lsp.diagnostics.usual import usual

# Of counts against what is assumed without them.
TRUST = 1.5
# A name that stands within so many tokens counts more often.
NEAR = 400
NEAR_COUNTS = 4
# What is usual in the language is worth as much as so many tokens of the file.
TRUST_USUAL = 15.0
# Counting takes about a millisecond for so many tokens.
CHUNK = 1_000
# Between a thing and a member of it.
MEMBER_SIGNS = {".", "?.", "->"}
COMMENTS = {one.name: one.line_comment for one in LANGUAGES}
SIGNS = (
    r"===|!==|\*\*=|//=|<<=|>>=|\.\.\.|[-+*/%&|^<>=!:]=|->|=>|::|&&|\|\||<<|\*\*|\+\+|--"
    r"|\?\.|\?\?|[^\s\w]"
)


class Word(NamedTuple):
    """A token, or a line end; offsets in code points. `kind` stands for all of its like."""

    start: int
    end: int
    text: str
    kind: str
    indent: int = -1  # of a line end: the width of the white space behind it

    @property
    def is_line_end(self) -> bool:
        return self.indent >= 0


EDGE = Word(0, 0, "", "")


def read_words(text: str, language: str, found: list[Word]) -> Iterator[None]:
    """Append the tokens of a text without its comments to `found`, with the line ends between."""
    keywords = KEYWORDS.get(language, frozenset())
    indent = 0
    for n, match in enumerate(_pattern(language).finditer(text)):
        if n % CHUNK == CHUNK - 1:
            yield
        token = match.group()
        if match.lastgroup == "comment":
            continue
        if match.lastgroup != "line":
            found.append(Word(match.start(), match.end(), token, _kind(token, keywords)))
            continue
        start, width = match.start(), len(token) - max(token.rfind("\n"), token.rfind("\r")) - 1
        if not found:
            indent = width
            continue
        if found[-1].is_line_end:  # only a comment stands between
            start = found.pop().start
            indent = next((one.indent for one in reversed(found) if one.is_line_end), 0)
        n_ends = min(2, text.count("\n", start, match.end()))
        found.append(_line_end(start, match.end(), n_ends, indent, width))
        indent = width


def _line_end(start: int, end: int, n_ends: int, before: int, indent: int) -> Word:
    way = "+" if indent > before else "-" if indent < before else "="
    return Word(start, end, "\n" * n_ends + way, "\n" + way, indent)


def without_left_over_space(text: str, stream: list[Word]) -> list[Word]:
    """The same where a line that lost its first word begins with the space that was behind it:
    that is no indentation."""
    whites = Counter(text[one.end - one.indent : one.end] for one in stream if one.is_line_end)
    found: list[Word] = []
    before = 0
    for word in stream:
        if word.is_line_end:
            white = text[word.end - word.indent : word.end]
            left_over = white.endswith(" ") and whites[white] == 1 and white[:-1] in ("", *whites)
            indent = word.indent - left_over
            word = _line_end(word.start, word.end, word.text.count("\n"), before, indent)
            before = indent
        found.append(word)
    return found


@cache
def _pattern(language: str) -> re.Pattern[str]:
    hash_comment = COMMENTS.get(language) == "#"
    comment = r"#[^\r\n]*" if hash_comment else r"//[^\r\n]*|/\*[\s\S]*?(?:\*/|\Z)"
    if language == "php":
        comment += r"|#(?!\[)[^\r\n]*"
    triple = r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|' if language == "python" else ""
    quoted = r'"(?:\\.|[^"\\\r\n])*"|`(?:\\.|[^`\\])*`|' + r"'(?:\\.|[^'\\\r\n])*'"
    if language == "rust":
        quoted = r'"(?:\\[\s\S]|[^"\\])*"|\'(?:\\[^\r\n]|[^\'\\\r\n])[^\'\s]{0,9}?\'|\'\w+'
    return re.compile(
        rf"(?P<line>[ \t]*(?:\r\n?|\n)\s*)|(?P<comment>{comment})|{triple}{quoted}"
        rf"|[^\W\d][\w]*|\$\w+|\d[\w.]*|{SIGNS}"
    )


def _kind(token: str, keywords: frozenset[str]) -> str:
    first = token[0]
    if first in "\"'`":
        return "'" if len(token) > 1 else token
    if first.isdigit():
        return "0"
    if token in keywords or not (first.isalpha() or first in "_$"):
        return token
    return "A" if first.isupper() else "a"


class Habits:
    """Counts of the tokens of one text, without those that may be wrong."""

    def __init__(self, stream: list[Word], language: str, low: int, high: int, around: int) -> None:
        """`low` to `high` (code points) is what nothing is learned from; `around` is where names
        are near."""
        self._stream = stream
        self._usual = usual(language)
        self._doubted = low, high
        self._around = around
        self._times: Counter[str] = Counter()
        self._names: Counter[str] = Counter()  # those near count more often
        self._one: Counter[str] = Counter()  # kinds
        self._two: Counter[tuple[str, str]] = Counter()
        self._three: Counter[tuple[str, str, str]] = Counter()
        self._pairs: Counter[tuple[str, str]] = Counter()  # texts
        self._triples: Counter[tuple[str, str, str]] = Counter()
        self._pair_starts: Counter[str] = Counter()
        self._triple_starts: Counter[tuple[str, str]] = Counter()
        self.behind: defaultdict[str, set[str]] = defaultdict(set)
        self.before: defaultdict[str, set[str]] = defaultdict(set)
        self._members: defaultdict[str, set[str]] = defaultdict(set)
        self.kinds: dict[str, str] = {}
        self._names_of_kind: Counter[str] = Counter()

    def learn(self) -> Iterator[None]:
        """Count, with a pause now and then."""
        low, high = self._doubted
        first, second = EDGE, EDGE
        for n, word in enumerate(self._stream):
            near = abs(n - self._around) <= NEAR
            self.kinds[word.text] = word.kind
            weight = NEAR_COUNTS if near else 1
            self._times[word.text] += 1
            self._names[word.text] += weight
            self._names_of_kind[word.kind] += weight
            if second.text in MEMBER_SIGNS:
                self._members[first.text].add(word.text)
            if not (first.end >= low and word.start <= high):
                self._one[word.kind] += 1
                self._two[second.kind, word.kind] += 1
                self._three[first.kind, second.kind, word.kind] += 1
                self._pairs[second.text, word.text] += 1
                self._triples[first.text, second.text, word.text] += 1
                self._pair_starts[second.text] += 1
                self._triple_starts[first.text, second.text] += 1
                self.behind[second.text].add(word.text)
                self.before[word.text].add(second.text)
            first, second = second, word
            if n % CHUNK == 0:
                yield

    def gain(
        self,
        left: tuple[Word, Word],
        token: Word,
        right: tuple[Word, Word],
        without: float | None = None,
    ) -> float:
        """How much more usual the text is with `token` between `left` and `right`, in nats.

        `without` is `as_it_is(left, right)`, where that is known.
        """
        (a, b), (c, d) = left, right
        if without is None:
            without = self.as_it_is(left, right)
        return self._p(a, b, token) + self._p(b, token, c) + self._p(token, c, d) - without

    def as_it_is(self, left: tuple[Word, Word], right: tuple[Word, Word]) -> float:
        """How usual it is that `right` follows `left`, in nats."""
        (a, b), (c, d) = left, right
        return self._p(a, b, c) + self._p(b, c, d)

    def line_gain(
        self, left: tuple[Word, Word], line: tuple[Word, Word, Word], right: tuple[Word, Word]
    ) -> float:
        """The same for a line: a line end, a token, and a line end in place of `right`'s first."""
        (a, b), (x, y, z), (_, d) = left, line, right
        with_it = self._p(a, b, x) + self._p(b, x, y) + self._p(x, y, z) + self._p(y, z, d)
        return with_it - self.as_it_is(left, right)

    def is_member(self, thing: str, name: str) -> bool:
        """Whether the name stands behind the thing and a dot or an arrow somewhere."""
        return name in self._members.get(thing, ())

    def n_times(self, name: str) -> int:
        """How often a token stands in the text."""
        return self._times[name]

    def names_near(self, n: int) -> set[str]:
        """The names that stand near the n-th word."""
        near = self._stream[max(0, n - NEAR // 2) : n + NEAR // 2]
        return {one.text for one in near if one.kind in ("a", "A")}

    def _p(self, a: Word, b: Word, c: Word) -> float:
        """ln p(c | a, b): of three tokens, or else of two, or else of their kinds, here or
        anywhere in the language."""
        p = self._usual.p(a.kind, b.kind, c.kind)
        p = (self._two[b.kind, c.kind] + TRUST_USUAL * p) / (self._one[b.kind] + TRUST_USUAL)
        p = (self._three[a.kind, b.kind, c.kind] + TRUST * p) / (self._two[a.kind, b.kind] + TRUST)
        if c.text != c.kind:
            of_kind = self._names_of_kind[c.kind]
            p *= (self._names[c.text] + 0.5) / (of_kind + 0.5 * (len(self._names) + 1))
        p = (self._pairs[b.text, c.text] + TRUST * p) / (self._pair_starts[b.text] + TRUST)
        starts = self._triple_starts[a.text, b.text]
        p = (self._triples[a.text, b.text, c.text] + TRUST * p) / (starts + TRUST)
        return math.log(p)
