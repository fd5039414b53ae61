"""Where in the text a token goes that is to be inserted, and which edit that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from slm_context.cursor import LINE_END, line_start

from slm_lsp.diagnostics.habits import EDGE, Word
from slm_lsp.diagnostics.layout import Layout
from slm_lsp.diagnostics.spacing import spaced
from slm_lsp.diagnostics.types import Edit


class Form(Enum):
    """What happens to the token."""

    WITHIN_LINE = "inserted"
    OWN_LINE = "inserted on a line of its own"
    SPLIT = "inserted within a word"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A token to be inserted before the n-th word, or the n-th word to be removed.

    Lower cost is likelier. `split` is where within the n-th word it is inserted.
    """

    cost: float
    n: int
    token: str
    form: Form = Form.WITHIN_LINE
    split: int = 0


class Placing:
    """The edits of one text."""

    def __init__(self, text: str, stream: Sequence[Word], layout: Layout) -> None:
        self._text = text
        self._stream = stream
        self._layout = layout

    def key(self, one: Candidate) -> tuple[int, str, bool, int]:
        """Equal for edits with the same result but for spacing."""
        n = one.n
        while n and (self._stream[n - 1].is_line_end or self._stream[n - 1].text == one.token):
            n -= 1
        return n, one.token, one.form is Form.REMOVED, one.split

    def edit(self, one: Candidate) -> Edit:
        """What a candidate does to the text."""
        if one.form is Form.OWN_LINE:
            return self._line_edit(one.n, one.token)
        if one.form is Form.SPLIT:
            at = self._stream[one.n].start + one.split
            return Edit(at, at, one.token)
        if one.form is Form.WITHIN_LINE:
            at = self.place(one.n)
            return Edit(at, at, spaced(self._text, at, one.token))
        word = self._stream[one.n]
        start = word.start
        # The space that separated the token goes with it.
        if self._text[start - 1 : start] == " " and not self._begins_line(one.n):
            start -= 1
        return Edit(start, word.end, "")

    def place(self, n: int) -> int:
        """The offset of the gap before the n-th word: at the word in front of it, but for the
        first of a line."""
        if not self._begins_line(n) or n == len(self._stream):
            return self._stream[n - 1].end if n else 0
        at = self._stream[n].start
        # Where a line lost its first word, the space behind it is left.
        return at - (n > 0 and at - line_start(self._text, at) > self._stream[n - 1].indent)

    def _begins_line(self, n: int) -> bool:
        return n == 0 or self._stream[n - 1].is_line_end

    def _line_edit(self, n: int, closer: str) -> Edit:
        """A line with nothing but a closer, or one on a line that was emptied of it."""
        before = self._stream[n - 1] if n else EDGE
        indent = self._layout.open_indent(n, closer) or 0
        at, end = before.end, self._stream[n].end if n < len(self._stream) else len(self._text)
        for line in LINE_END.finditer(self._text, at, end):
            rest = LINE_END.search(self._text, line.end(), end)
            if rest is not None and rest.start() - line.end() == indent:
                return Edit(rest.start(), rest.start(), closer)
        first = LINE_END.search(self._text)
        new_line = first.group() if first else "\n"
        white = "\t" if self._text.count("\n\t") > self._text.count("\n  ") else " "
        return Edit(at, at, f"{new_line}{white * indent}{closer}")
