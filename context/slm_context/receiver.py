"""What stands before the dot at the cursor, and which class that may be.

No type checker: declarations near the cursor that say a type in so many words. That is what code
with annotations, and every statically typed language, does.
"""

import re

from slm_context.cursor import DocumentContext

AT_CURSOR = re.compile(r"([A-Za-z_$][\w$]*)\s*(?:\.|->|::|\?\.)\s*\w*$")
SELVES = frozenset({"self", "this", "cls", "Self"})
TYPE = r"(?:[*&]|\bmut\b|\bOption\[|\blist\[|\[\]|\bconst\b|[\w.]+::|[\w]+\.|\s|'|\")*([A-Z]\w+)"


def receiver_at(document: DocumentContext) -> str:
    """The name before the dot that the cursor stands behind, or ""."""
    match = AT_CURSOR.search(document.line_prefix)
    return match[1] if match else ""


def classes_of(name: str, text: str) -> list[str]:
    """The classes that `text` says `name` is an instance of, those said last first."""
    if not name:
        return []
    if name[0].isupper():
        return [name]
    named = re.escape(name)
    patterns = (
        rf"\b{named}\s*\??:\s*{TYPE}",  # name: Type
        rf"\b{named}\s*:?=\s*(?:new\s+|await\s+|&)?{TYPE}\s*[({{:]",  # name = Type(
        rf"\b([A-Z]\w+)(?:<[^<>]*>)?[\s*&]+{named}\b",  # Type name
        rf"\b{named}\s+[*&\[\]]*(?:\w+\.)?([A-Z]\w+)",  # name *Type
    )
    found: list[tuple[int, str]] = []
    for pattern in patterns:
        found += [(match.start(), match[1]) for match in re.finditer(pattern, text)]
    found.sort(reverse=True)
    return list(dict.fromkeys(one for _, one in found))[:3]
