"""The text around the cursor."""

import re
from dataclasses import dataclass
from functools import cached_property

# What LSP counts as a line end. `str.splitlines` would also break at form feeds and U+2028.
LINE_END = re.compile(r"\r\n|\r|\n")

# Brackets and quotes that editors type ahead of the cursor, with the separators that may
# stand among them, and the brace of a body that they open along with a condition: `if (█) {`.
# Text after the cursor made only of these is not "code that follows".
CLOSERS = re.compile(r"[)\]}>\"'`;,:\s]*(\{\s*\}?\s*)?")


@dataclass(frozen=True)
class DocumentContext:
    """A document split at the cursor. Offsets are code points."""

    path: str
    """Workspace-relative, with forward slashes: what the model is told the file is called."""
    language: str | None
    """Our name of the language (`slm_context.languages`), None where there is no grammar."""
    text: str
    offset: int
    language_id: str = ""
    """The editor's name of the language; "" where no editor says one."""

    @cached_property
    def prefix(self) -> str:
        return self.text[: self.offset]

    @cached_property
    def suffix(self) -> str:
        return self.text[self.offset :]

    @cached_property
    def line_start(self) -> int:
        """Where the cursor's line begins."""
        return line_start(self.text, self.offset)

    @cached_property
    def line_prefix(self) -> str:
        """The cursor's line up to the cursor."""
        return self.text[self.line_start : self.offset]

    @cached_property
    def line_suffix(self) -> str:
        """The cursor's line from the cursor, without its line end."""
        match = LINE_END.search(self.text, self.offset)
        return self.text[self.offset : match.start() if match else len(self.text)]

    @cached_property
    def next_lines(self) -> str:
        """Everything after the cursor's line."""
        match = LINE_END.search(self.text, self.offset)
        return self.text[match.end() :] if match else ""

    @cached_property
    def indent(self) -> str:
        """The white space that the cursor's line starts with."""
        line = self.line_prefix
        return line[: len(line) - len(line.lstrip(" \t"))]

    @cached_property
    def line_end(self) -> str:
        """The document's own line end, by its first one."""
        match = LINE_END.search(self.text)
        return match.group() if match else "\n"

    @property
    def only_closers_follow(self) -> bool:
        """True when nothing but auto-closed brackets stands after the cursor on its line."""
        return CLOSERS.fullmatch(self.line_suffix) is not None


def line_start(text: str, offset: int) -> int:
    """Where the line that holds `offset` begins."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def line_starts(text: str) -> list[int]:
    """Where each line begins, the first one at 0."""
    return [0, *(match.end() for match in LINE_END.finditer(text))]


def split_at_cursor(
    text: str, offset: int, *, path: str = "", language: str | None = None
) -> DocumentContext:
    """Split `text` at `offset` code points; an offset outside the text is clamped."""
    return DocumentContext(path, language, text, max(0, min(offset, len(text))))
