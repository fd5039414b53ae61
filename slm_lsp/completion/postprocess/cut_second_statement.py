"""A line holds one statement.

The head of a loop, or of a condition with a statement before it, is cut off from its keyword when
it is copied: `if v := m[k]; len(v) == 0 {` becomes `v := m[k]; len(v)`.
"""

import re
from dataclasses import replace

from slm_lsp.completion.postprocess.brackets import CLOSERS, PAIRS, opens_quote
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

LANGUAGES = frozenset({"c", "cpp", "go", "java", "javascript", "rust", "tsx", "typescript"})
HEADS = re.compile(r"\s*(?:\}\s*else\s+)?(?:if|for|switch|case|default)\b|\s*\}")
# What is written behind another statement: its way out, and comments.
BEHIND = re.compile(r"\s*(?:$|//|/\*|\}|(?:break|return|continue)\b)")


def cut_second_statement(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Cut the first line behind a statement's end, where no bracket of the line is open."""
    document = around.document
    first, _, _ = draft.text.partition("\n")
    if document.language not in LANGUAGES or ";" not in first or HEADS.match(document.line_prefix):
        return draft
    line, n_before = document.line_prefix + first, len(document.line_prefix)
    if HEADS.match(line):
        return draft
    depth, quote = 0, ""
    for index, char in enumerate(line):
        if quote:
            quote = "" if char == quote and line[index - 1] != "\\" else quote
        elif line.startswith("//", index):
            break
        elif opens_quote(line, index, document.language):
            quote = char
        elif char in CLOSERS or char in PAIRS:
            depth += 1 if char in CLOSERS else -1
        elif char == ";" and index >= n_before and depth <= 0:
            if BEHIND.match(line[index + 1 :]):
                continue
            # gofmt puts none at a line's end.
            end = index + (document.language != "go")
            return replace(draft, text=line[n_before:end])
    return draft
