"""Suggestions are indented as the file is: tabs where it has tabs, else its own step."""

import re
from collections import Counter
from dataclasses import replace

from slm_context.cursor import line_start

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

OPENS_BLOCK = re.compile(r"[:{(\[]\s*$")
INDENT = re.compile(r"^[ \t]+", re.M)
# Enough lines to know a file's habit.
SAMPLE_CHARS = 20_000


def fix_indentation(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Undo doubled indentation of the first line, and turn the others into the file's kind."""
    document = around.document
    text = draft.text
    if not document.line_prefix.strip() and _is_deep_enough(around):
        # The cursor is indented already: what the model adds would be indented twice.
        text = text.lstrip(" \t") if text.strip() else text
    first, *others = text.split("\n")
    if not others:
        return replace(draft, text=first)
    unit = indent_unit(document.text, default="")
    if not unit:  # nothing is indented yet: the model's habit is as good as any
        return replace(draft, text=text)
    fixed = [_reindented(line, unit) for line in others]
    return replace(draft, text="\n".join([first, *fixed]))


def indent_unit(text: str, default: str = "    ") -> str:
    """What one level of indentation is in this file: a tab, or so many spaces."""
    indents = [match.group() for match in INDENT.finditer(text, 0, SAMPLE_CHARS)]
    if sum("\t" in one for one in indents) * 2 > len(indents):
        return "\t"
    widths = [len(one) for one in indents if "\t" not in one]
    steps = Counter(b - a for a, b in zip([0, *widths], widths, strict=False) if 0 < b - a <= 8)
    # One space is alignment, as in the stars of a comment.
    del steps[1]
    return " " * steps.most_common(1)[0][0] if steps else default


def _reindented(line: str, unit: str) -> str:
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    if not indent or not line.strip():
        return line
    if unit == "\t" and " " in indent:
        # A model that writes spaces in a file of tabs writes the most usual ones.
        width = len(indent.expandtabs(4))
        return "\t" * (width // 4) + " " * (width % 4) + line[len(indent) :]
    if unit != "\t" and "\t" in indent:
        return indent.replace("\t", unit) + line[len(indent) :]
    return line


def _is_deep_enough(around: InsertionPoint) -> bool:
    """True unless the line above opens a block and the cursor is not yet inside of it."""
    document = around.document
    above = document.text[: document.line_start].rstrip()
    opener = above[line_start(above, len(above)) :]
    if not OPENS_BLOCK.search(opener):
        return True
    opener_indent = opener[: len(opener) - len(opener.lstrip(" \t"))]
    return len(document.line_prefix.expandtabs(4)) > len(opener_indent.expandtabs(4))
