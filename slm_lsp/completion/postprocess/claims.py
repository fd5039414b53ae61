"""What a line of code says that may be said once: a name it declares, a key, a case, a condition.

Read from the line alone, since the line that is being typed seldom parses. What a language lets
stand twice, such as overloads, tells itself apart by more of the line.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

C_LIKE = ("c", "cpp", "go", "java", "rust")
CURLY = ("javascript", "typescript", "tsx")
MODIFIER = (
    r"(?:public|private|protected|static|final|abstract|synchronized|default|native|export"
    r"|declare|async|unsafe|pub(?:\([^)]*\))?)\s+"
)


class Kind(StrEnum):
    """Where what is claimed may stand once."""

    DECLARED = "declared"  # in its block; a type not in one of its own name, either
    WITHIN = "within"  # in one pair of brackets
    LISTED = "listed"  # in one pair of round brackets
    IMPORTED = "imported"  # of one import, or of one function's parameters
    CASE = "case"  # among the cases of one choice
    CONDITION = "condition"  # in one chain of conditions


@dataclass(frozen=True, slots=True)
class Claim:
    """`key` is a text that stands in each line that claims the same."""

    kind: Kind
    what: str
    key: str


# Of each language: the kind, what is declared, and a pattern whose last group is the key.
TYPES = ("class", "interface", "enum", "trait", "struct", "record")
_TYPE = rf"(?:{'|'.join(TYPES)}|type)"
_SHAPES: tuple[tuple[Kind, tuple[str, ...], str], ...] = (
    (
        Kind.DECLARED,
        ("python", "java", "rust", "javascript"),
        rf"(?:{MODIFIER})*({_TYPE})\s+(\w+)\b",
    ),
    # Interfaces and enumerations of one name are merged.
    (Kind.DECLARED, ("typescript", "tsx"), rf"(?:{MODIFIER})*(class|type)\s+(\w+)\b"),
    (Kind.DECLARED, ("python",), r"from\s+(\S+)\s+import\s+(\w+)"),
    (Kind.DECLARED, ("go",), r"(type|const|var)\s+(\w+)\b"),
    (Kind.DECLARED, ("go",), r"func\s+(?:\((?:\w+\s+)?\*?([^)]*)\)\s*)?(\w+)\("),
    (Kind.DECLARED, ("rust",), rf"(?:{MODIFIER})*(const|static)\s+(\w+)\s*:"),
    (Kind.DECLARED, ("rust",), rf"(?:{MODIFIER}|const\s+)*(fn)\s+(\w+)\b"),
    (Kind.DECLARED, CURLY, rf"(?:{MODIFIER})*(?:const|let)\s+(\w+)\s*[=:]"),
    # These may differ in what they take.
    (Kind.DECLARED, ("python",), r"((?:async\s+)?def\s+\w+\s*\(.*\)\s*(?:->.*)?:.*)"),
    (Kind.DECLARED, CURLY, rf"((?:{MODIFIER})*function\*?\s+\w+.*\).*)(?<!;)$"),
    (Kind.DECLARED, ("java",), rf"((?:{MODIFIER})+[\w<>\[\], .?&]*\w+\([^=]*\)[^=]*)"),
    (Kind.DECLARED, ("java",), rf"(?:{MODIFIER})+[\w<>\[\], .?]+?(\w+)\s*[=;]"),
    (Kind.CASE, (*C_LIKE, *CURLY), r"(case\b.*|default(?=:)):"),
    (Kind.CONDITION, (*C_LIKE, *CURLY), r"(?:\}\s*)?else if\b\s*(.+?)\{?$"),
    (Kind.CONDITION, ("python",), r"elif\s+(.+?):?$"),
    (Kind.WITHIN, ("go", "rust", *CURLY), r"([\w$]+|\"[^\"]+\"|'[^']+')\??:(?:\s|$)"),
    (Kind.WITHIN, ("python",), r"(\"[^\"]+\"|'[^']+'|\w+):(?:\s|$)"),
    (Kind.LISTED, ("python",), r"(\w+)=(?!=)"),
    (Kind.LISTED, ("go",), r"(\w+)(?:\s+[\w.*\[\]]+)?\s+=\s"),
    (Kind.IMPORTED, ("go",), r"(\"[^\"]+\")$"),
    (Kind.IMPORTED, ("python", "rust", *CURLY), r"(\w+),?$"),
)
_BY_LANGUAGE: dict[str, list[tuple[Kind, re.Pattern[str]]]] = {}
for _kind, _languages, _pattern in _SHAPES:
    for _language in _languages:
        _BY_LANGUAGE.setdefault(_language, []).append((_kind, re.compile(_pattern)))
# The first of a chain of conditions, which is none of itself: it may be asked again later.
_FIRST = re.compile(r"if\b\s*(.+?)\s*[:{]?$")
_GOES_ON = re.compile(r"(?:&&|\|\||\\|\band|\bor)$")
# Nobody's names: they may be declared any number of times.
_ANYBODYS = frozenset({"_", "init", "default", "case"})
# Shorter names stand everywhere, and are soon used for something else.
MIN_LENGTH = 3


def claim_of(line: str, language: str | None) -> Claim | None:
    """What `line`, without its indentation, claims; None for nothing."""
    for kind, pattern in _BY_LANGUAGE.get(language or "", ()):
        match = pattern.match(line)
        if match is None:
            continue
        *what, key = (group or "" for group in match.groups())
        key = key.rstrip(" \t{};:") if kind is Kind.DECLARED else key.strip()
        # One that goes on in the next line may differ there.
        if kind is Kind.CONDITION and (key.count("(") != key.count(")") or _GOES_ON.search(key)):
            return None
        if len(key) >= MIN_LENGTH and (key not in _ANYBODYS or kind is Kind.CASE):
            return Claim(kind, " ".join(what), key)
    return None


def first_condition(line: str) -> Claim | None:
    """The condition that a chain begins with."""
    match = _FIRST.match(line)
    return Claim(Kind.CONDITION, "", match[1].strip()) if match else None
