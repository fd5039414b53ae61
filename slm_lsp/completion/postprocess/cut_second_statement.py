"""A line holds one statement.

The head of a loop, or of a condition with a statement before it, is cut off from its keyword when
it is copied: `if v := m[k]; len(v) == 0 {` becomes `v := m[k]; len(v)`.
"""

import re
from dataclasses import replace

from slm_context.cursor import line_start

from slm_lsp.completion.postprocess.brackets import CLOSERS, PAIRS, opens_quote
from slm_lsp.completion.postprocess.filter import (
    Draft,
    InsertionPoint,
    begins_in_code,
    in_code,
)

LANGUAGES = frozenset({"c", "cpp", "go", "java", "javascript", "rust", "tsx", "typescript"})
JAVASCRIPT = frozenset({"javascript", "tsx", "typescript"})
HEADS = re.compile(r"\s*(?:\}\s*else\s+)?(?:if|for|switch|case|default)\b|\s*\}")
# What is written behind another statement: its way out, comments, and a macro's next line.
BEHIND = re.compile(r"\s*(?:$|//|/\*|\}|\\|(?:break|return|continue|throw|goto|while)\b)")
# A character of markup by its name.
ENTITY = re.compile(r"&#?\w+;$")


def cut_second_statement(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Cut the first line behind a statement's end, where no bracket of the line is open."""
    document = around.document
    first, _, _ = draft.text.partition("\n")
    if document.language not in LANGUAGES or ";" not in first or HEADS.match(document.line_prefix):
        return draft
    if not around.once(_in_statements):
        return draft
    line, n_before = document.line_prefix + first, len(document.line_prefix)
    macro = line.lstrip().startswith("#") or line.rstrip().endswith("\\")
    if macro or HEADS.match(line):
        return draft
    depth, quote = 0, ""
    for index, char in enumerate(line):
        if quote:
            quote = "" if char == quote and line[index - 1] != "\\" else quote
        elif line.startswith(("//", "/*"), index):
            break
        elif opens_quote(line, index, document.language):
            quote = char
        elif char in CLOSERS or char in PAIRS:
            depth += 1 if char in CLOSERS else -1
            if depth < 0:
                break  # Of what the lines above opened, for one a loop's head.
        elif char == ";" and index >= n_before and depth == 0:
            if BEHIND.match(line[index + 1 :]) or not line[:index].strip():
                continue
            if document.language in JAVASCRIPT and _in_markup(line, index):
                break
            # gofmt puts none at a line's end.
            end = index + (document.language != "go")
            return replace(draft, text=line[n_before:end])
    return draft


def _in_statements(around: InsertionPoint) -> bool:
    """Whether the cursor stands in code for sure: what is not closed yet, no tree tells of."""
    document = around.document
    if not (around.once(in_code) and around.once(begins_in_code)):
        return False
    before = document.prefix
    if before.count("`") % 2 or before.count('"""') % 2:
        return False
    comment = before.rfind("/*")
    if comment > before.rfind("*/"):
        # In a string, it is a pattern of paths.
        begin = line_start(before, comment)
        if begin == document.line_start or not before[begin:comment].strip():
            return False
    if document.text[max(0, document.line_start - 3) : document.line_start].rstrip().endswith("\\"):
        return False  # A macro.
    return around.tree is None or around.tree.node_at(document.offset).type != "jsx_text"


def _in_markup(line: str, index: int) -> bool:
    """Whether the sign at `index` may be one of markup's text, or of a pattern's."""
    return "/" in line[index:] or ENTITY.search(line[: index + 1]) is not None
