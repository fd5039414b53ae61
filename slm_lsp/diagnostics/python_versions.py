"""Whether a Python file is written for a newer Python than the one that we run on.

Such a compiler stumbles over the first line that it does not know, and whatever it says of the
rest cannot be told from that.
"""

import re
import sys
from collections.abc import Sequence
from functools import cache

from slm_context.languages import grammar
from slm_context.syntax import SyntaxTree
from tree_sitter import Node, Query, QueryCursor

# Since when, and how it looks. Found within a string as well, which costs a squiggle there.
NEWER = (
    ((3, 12), re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+[ \t]*\[", re.M)),
    ((3, 12), re.compile(r"^[ \t]*type[ \t]+\w+[ \t]*[\[=]", re.M)),
    # Type parameters with a default.
    (
        (3, 13),
        re.compile(
            r"^[ \t]*(?:async[ \t]+)?(?:def|class|type)[ \t]+\w+[ \t]*"
            r"\[(?:[^\[\]=]|\[[^\[\]]*\])*=",
            re.M,
        ),
    ),
    # Several exceptions without parentheses.
    ((3, 14), re.compile(r"^[ \t]*except\*?[ \t]+[^(:#\n]+,[^:\n]*:", re.M)),
    ((3, 15), re.compile(r"^[ \t]*lazy[ \t]+(?:import|from)\b", re.M)),
    # What is unpacked in a comprehension.
    (
        (3, 15),
        re.compile(
            r"[\[({]\s*\*{1,2}(?:[^\s,\[\](){}]|\([^()\n]*\)|\[[^\[\]\n]*\])+\s+(?:async\s+)?for\b"
        ),
    ),
)
# A string with this prefix is a template.
TEMPLATES, TEMPLATE = (3, 14), re.compile(r"\b(?:[tT][rR]?|[rR][tT])[\"']")
# Since then, what stands in the braces of an f-string is any expression.
ANY_IN_BRACES = (3, 12)


def is_newer(tree: SyntaxTree, ours: tuple[int, int] = sys.version_info[:2]) -> bool:
    """Whether the text of `tree` has syntax that Python `ours` does not know."""
    if any(ours < since and form.search(tree.text) for since, form in NEWER):
        return True
    if ours < TEMPLATES and TEMPLATE.search(tree.text):
        starts = _found(tree, "(string_start) @found")
        if any(TEMPLATE.match((node.text or b"").decode()) for node in starts):
            return True
    braces = _found(tree, "(string (interpolation) @found)") if ours < ANY_IN_BRACES else ()
    return any(_is_free(node) for node in braces)


def _found(tree: SyntaxTree, pattern: str) -> Sequence[Node]:
    query = _query(pattern)
    return QueryCursor(query).captures(tree.root).get("found", ()) if query else ()


@cache
def _query(pattern: str) -> Query | None:
    python = grammar("python")
    return Query(python, pattern) if python else None


def _is_free(braces: Node) -> bool:
    """Whether there is something in the braces that was not allowed there."""
    string, text = braces.parent, braces.text
    if string is None or string.text is None or text is None:
        return False
    start = string.text.lstrip(b"fFrR")
    quote = start[:3] if start[:3] in (b'"""', b"'''") else start[:1]
    formats = (one for one in braces.children if one.type == "format_specifier")
    end = next((one.start_byte for one in formats), braces.end_byte)
    expression = text[: end - braces.start_byte]
    broken = len(quote) == 1 and b"\n" in text
    return broken or quote in text or b"\\" in expression or b"#" in expression
