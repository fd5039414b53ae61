"""What other servers report of open documents, as far as the editor passes it on.

LSP has no message for that. But whoever asks for code actions says which findings there are:
those of all servers in VS Code, in lsp-mode and, by our plugin, in Neovim; elsewhere only our own.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from slm_context.reported import Reported

# Of a document, and of a line. What was reported last stays.
MAX_LINES, MAX_OF_LINE = 64, 8
# No line that a person writes.
MAX_LINE_CHARS = 500


class Stretch(NamedTuple):
    """A part of a line that an editor asks about; columns are code points."""

    line: str
    start: int
    end: int


class Reports:
    """Kept by the text of the line: they move with it, and are no news of a line that changed."""

    def __init__(self) -> None:
        self._of: dict[Hashable, OrderedDict[str, tuple[Reported, ...]]] = {}

    def note(self, document: Hashable, asked: Iterable[Stretch], found: Sequence[Reported]) -> bool:
        """All that is known now of the stretches `asked`; returns whether that is news."""
        lines = self._of.get(document) or OrderedDict[str, tuple[Reported, ...]]()
        before = dict(lines)
        for line, start, end in asked if lines else ():
            kept = tuple(one for one in lines.get(line, ()) if one.end < start or end < one.start)
            if kept:
                lines[line] = kept
            else:
                lines.pop(line, None)
        for one in found:
            if not one.names or not one.line.strip() or len(one.line) > MAX_LINE_CHARS:
                continue
            known = lines.pop(one.line, ())
            lines[one.line] = (*(other for other in known if other != one), one)[-MAX_OF_LINE:]
        while len(lines) > MAX_LINES:
            lines.popitem(last=False)
        if lines:
            self._of[document] = lines
        else:
            self._of.pop(document, None)
        return before != dict(lines)

    def of(self, document: Hashable) -> tuple[Reported, ...]:
        """All that is kept of a document."""
        return tuple(one for of_line in self._of.get(document, {}).values() for one in of_line)

    def closed(self, document: Hashable) -> None:
        self._of.pop(document, None)
