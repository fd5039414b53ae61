"""What is remembered of one open document: its findings, and where the person is typing.

Findings move along with edits. Those on the line that is edited are gone until the document has
been checked again: a squiggle under what is just being written helps nobody.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from slm_context.cursor import LINE_END, line_start

from slm_lsp.diagnostics.types import Finding, Related
from slm_lsp.documents import Edit

# What finds fault with files that are not source code.
Checker = Callable[[str], Sequence[Finding]]
# So long after the last key, a line no longer counts as being typed where the editor does not say
# where its cursor is.
TYPING_S = 30.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding, and where its first line starts and its last one ends."""

    finding: Finding
    line_start: int
    line_end: int

    @classmethod
    def of(cls, finding: Finding, text: str) -> "Shown":
        start = line_start(text, finding.start)
        end = LINE_END.search(text, finding.end)
        return cls(finding, start, end.start() if end else len(text))

    def after(self, edit: Edit) -> "Shown | None":
        """Where it is after an edit; None when its line was edited. Fixes were checked for
        another text, and are gone."""
        related = tuple(_moved(self.finding.related, edit))
        if self.line_end < edit.offset:
            if related == self.finding.related:
                return self
            return replace(self, finding=replace(self.finding, related=related))
        if self.line_start <= edit.offset + len(edit.removed):
            return None
        by = len(edit.inserted) - len(edit.removed)
        start, end = self.finding.start + by, self.finding.end + by
        finding = replace(self.finding, start=start, end=end, related=related)
        return Shown(finding, self.line_start + by, self.line_end + by)


@dataclass(frozen=True, slots=True)
class Report:
    """What an editor is told about one document. Equal `result_id`s mean nothing changed."""

    result_id: str
    version: int
    shown: tuple[Shown, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(one.finding for one in self.shown)


@dataclass
class Watched:
    """One open document."""

    path: str
    language: str
    version: int
    text: Callable[[], str]
    report: Report
    checker: Checker | None = None
    # The text that was opened, until it is known what was there.
    opened: str | None = field(default=None, repr=False)
    # Lines the grammar did not accept, and units that were there, when it was opened.
    wrong_lines: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    # Python statements that the compiler has accepted, by hash.
    compiled: set[str] = field(default_factory=set[str], repr=False)
    # Where the last edit ended, and when; None when nobody is typing.
    typed_at: int | None = None
    edited_at: float = 0.0
    # The line that the editor last said its cursor is on; None when it has not since the edit.
    cursor_line: int | None = None
    saved_by_timer: bool = False
    held_back: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    def edited(self, edit: Edit) -> None:
        """Findings move or go; from now on somebody types here."""
        self.typed_at = edit.offset + len(edit.inserted)
        self.cursor_line = None

    def typed_line(self) -> int | None:
        """The number of the line that is being typed, as LSP counts."""
        if self.typed_at is None:
            return None
        return sum(1 for _ in LINE_END.finditer(self.text(), 0, self.typed_at))

    def left_its_line(self) -> bool:
        """Whether the editor has said that its cursor is on another line than was typed on."""
        return self.cursor_line is not None and self.cursor_line != self.typed_line()

    def is_typed(self, shown: Shown, now: float) -> bool:
        """Whether a finding stands on the line that is being typed."""
        if self.typed_at is None or now - self.edited_at > TYPING_S:
            return False
        return shown.line_start <= self.typed_at <= shown.line_end


def _moved(related: tuple[Related, ...], edit: Edit) -> Iterator[Related]:
    by = len(edit.inserted) - len(edit.removed)
    for one in related:
        if one.end < edit.offset:
            yield one
        elif one.start > edit.offset + len(edit.removed):
            yield replace(one, start=one.start + by, end=one.end + by)
