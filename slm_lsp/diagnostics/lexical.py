"""The brackets of a text by its tokens alone, for languages whose grammars lose their way.

Where a grammar cannot follow (macros, branches of `#if`), it swallows brackets together with what
it did not understand. The rules for strings and comments are simple enough to be told without it.
"""

import re
from functools import cache

from slm_lsp.diagnostics.brackets import Bracket, Imbalance, imbalances, nested
from slm_lsp.diagnostics.preprocessor import Branch, branches, directives

LINE_COMMENT = r"//[^\r\n]*"
BLOCK_COMMENT = r"/\*(?:[^*]|\*(?!/))*\*/"
STRING = r'"(?:\\[\s\S]|[^"\\\r\n])*"'
CHARACTER = r"'(?:\\[^\r\n][^'\r\n]{0,10}|[^'\\\r\n])'"
TRIPLE = r'"""[\s\S]*?"""+'
# A string with code in braces, which may hold strings again: two levels are enough for people.
INNER = r'\{(?:[^{}"]|"(?:\\.|[^"\\\r\n])*"|\{[^{}]*\})*\}'
# Which pieces of text hold no brackets of the code, by language. The first that fits wins.
OPAQUE = {
    "c": (LINE_COMMENT, BLOCK_COMMENT, STRING, r"\b\d[\w.']*", CHARACTER),
    "cpp": (
        *(LINE_COMMENT, BLOCK_COMMENT),
        r'\b(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\([\s\S]*?\)(?P=mark)"',
        *(STRING, r"\b\d[\w.']*", CHARACTER),
    ),
    "csharp": (
        *(LINE_COMMENT, BLOCK_COMMENT),
        r'\$*(?P<quotes>"{3,})[\s\S]*?(?P=quotes)',
        r'(?:\$@|@\$|@)"(?:""|[^"])*"',
        rf'\$"(?:\\.|\{{\{{|\}}\}}|{INNER}|[^"\\{{}}\r\n])*"',
        *(STRING, CHARACTER),
    ),
    "kotlin": (
        *(LINE_COMMENT, BLOCK_COMMENT, TRIPLE, r"`[^`\r\n]*`"),
        rf'"(?:\\.|\${INNER}|[^"\\\r\n])*"',
        CHARACTER,
    ),
    "swift": (
        *(LINE_COMMENT, BLOCK_COMMENT),
        r'(?P<hashes>#+)"[\s\S]*?"(?P=hashes)',
        # Regular expressions: a slash that divides has a space behind it, or none before it.
        r"#/[\s\S]*?/#",
        r"(?<=[=(,:\s])/(?![\s/*])(?:\\.|[^/\\\r\n])+/",
        *(TRIPLE, r'"(?:\\\((?:[^()"]|"(?:\\.|[^"\\\r\n])*"|\([^()]*\))*\)|\\.|[^"\\\r\n])*"'),
    ),
}
PREPROCESSED = ("c", "cpp", "csharp")


def lexical_imbalances(text: str, language: str) -> list[Imbalance] | None:
    """The brackets without a partner, by tokens alone; None where that cannot be told.

    Where a branch of an #if does not nest by itself, only the compiler knows what fits together:
    then nothing is said against brackets that do not nest as a whole.
    """
    if language not in OPAQUE:
        return None
    found = [
        Bracket(match.start(), match.group())
        for match in _tokens(language).finditer(text)
        if match.group() in "()[]{}"
    ]
    if language not in PREPROCESSED:
        return imbalances(text, found)
    found = _outside(found, directives(text))
    all_branches = branches(text)
    counted = _outside(found, [(one.start, one.end) for one in all_branches if not one.counts])
    result = imbalances(text, counted)
    if result and not all(nested(_inside(found, one)) for one in all_branches):
        return []
    return result


def _outside(brackets: list[Bracket], ranges: list[tuple[int, int]]) -> list[Bracket]:
    if not ranges:
        return brackets
    return [one for one in brackets if not any(low <= one.offset < high for low, high in ranges)]


def _inside(brackets: list[Bracket], branch: Branch) -> list[Bracket]:
    return [one for one in brackets if branch.start <= one.offset < branch.end]


@cache
def _tokens(language: str) -> re.Pattern[str]:
    return re.compile("|".join((*OPAQUE[language], r"[()\[\]{}]")))
