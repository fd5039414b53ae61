"""How well the brackets of a text agree with its indentation, as it is or with one more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from slm_lsp.diagnostics.brackets import OPENERS, PAIRS
from slm_lsp.diagnostics.habits import Word

# What each disagreement counts. A closer that begins its line stands at the indentation of the line
# that opens, or left of it where a header goes on over several lines.
NO_PARTNER = 3.0
TOO_DEEP = 2.0
TOO_SHALLOW = 1.0
BRACE_WITHIN_LINE = 0.7
# So far up the partner of a closer is looked for where another bracket is open.
DEPTH = 6


@dataclass(frozen=True, slots=True)
class _Bracket:
    n: int
    text: str
    line: int
    indent: int
    leads: bool  # the first token of its line


class Layout:
    """The brackets of a stream of words, with their lines."""

    def __init__(self, stream: Sequence[Word]) -> None:
        self._stream = stream
        self._brackets: list[_Bracket] = []
        self._lines: list[tuple[int, int]] = []  # by word: line and its indentation
        line = indent = 0
        for n, word in enumerate(stream):
            self._lines.append((line, indent))
            if word.is_line_end:
                line, indent = line + 1, word.indent
            elif word.text in PAIRS or word.text in OPENERS:
                leads = n == 0 or stream[n - 1].is_line_end
                self._brackets.append(_Bracket(n, word.text, line, indent, leads))
        self._lines.append((line, indent))

    def open_indent(self, n: int, closer: str) -> int | None:
        """The indentation at which `closer` would stand before the n-th word, on its own line.

        That of the line of the bracket that it would close; None where none is open.
        """
        return self._open[OPENERS[closer]][n]

    def _indents_of_open(self, opener: str) -> list[int | None]:
        found: list[int | None] = []
        open_: list[_Bracket] = []
        left = iter(self._brackets)
        following = next(left, None)
        for n, (line, _) in enumerate(self._lines):
            while following is not None and following.n < n:
                if following.text in PAIRS:
                    open_.append(following)
                elif (partner := _partner(open_, following.text)) is not None:
                    while open_.pop() is not partner:
                        pass
                following = next(left, None)
            last = next((one for one in reversed(open_) if one.text == opener), None)
            found.append(last.indent if last is not None and last.line < line else None)
        return found

    @cached_property
    def _open(self) -> dict[str, list[int | None]]:
        return {opener: self._indents_of_open(opener) for opener in PAIRS}

    def disorder(self, n: int | None = None, token: str = "", *, alone: bool = False) -> float:
        """What disagrees in the whole text, with `token` before the n-th word, or on a line of its
        own there."""
        total = 0.0
        open_: list[_Bracket] = []
        for one in self._with(n, token, alone):
            if one.text in PAIRS:
                open_.append(one)
                continue
            opener = _partner(open_, one.text)
            if opener is None:
                total += NO_PARTNER
                continue
            while open_.pop() is not opener:
                total += NO_PARTNER
            if opener.line == one.line:
                continue
            if one.leads:
                total += TOO_DEEP * (one.indent > opener.indent)
                total += TOO_SHALLOW * (one.indent < opener.indent)
            elif one.text == "}":
                total += BRACE_WITHIN_LINE
        return total + NO_PARTNER * len(open_)

    def _with(self, n: int | None, token: str, alone: bool) -> Iterator[_Bracket]:
        if n is None:
            yield from self._brackets
            return
        line, indent = self._lines[n]
        leads = n > 0 and self._stream[n - 1].is_line_end
        new = _Bracket(n, token, line, indent, leads)
        if alone:
            new = _Bracket(n, token, line + 1, self.open_indent(n, token) or 0, True)
        placed = False
        for one in self._brackets:
            if not placed and one.n >= n:
                yield new
                placed = True
            yield one
        if not placed:
            yield new


def _partner(open_: list[_Bracket], closer: str) -> _Bracket | None:
    for one in open_[: -DEPTH - 1 : -1]:
        if one.text == OPENERS[closer]:
            return one
    return None
