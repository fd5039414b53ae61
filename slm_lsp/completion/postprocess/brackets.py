"""Brackets and quotes in text that need not parse, as far as one line tells."""

import re

PAIRS = {")": "(", "]": "[", "}": "{"}
CLOSERS = {opener: closer for closer, opener in PAIRS.items()}
QUOTES = "\"'`"
# A string without escapes or code in it; and what may begin another string, or a comment.
PLAIN_STRING = re.compile(r"\"[^\"\\\n{]*\"|'[^'\\\n{]*'")
NO_PLAIN_CODE = re.compile(r"[\"'`\\#/]")
# All that matters to the brackets of a text.
SIGNS = re.compile(r"[()\[\]{}\"'`\n]")
# What may stand right before a quote and belongs to it: the whole word, of two letters at most.
_PYTHON_PREFIX = re.compile(r"(?:^|\W)(?:[bfru]|[bf]r|r[bf])$", re.I)
_C_PREFIX = re.compile(r"(?:^|\W)(?:L|U|u8?)$")
_PREFIXES = {"python": _PYTHON_PREFIX, "c": _C_PREFIX, "cpp": _C_PREFIX}


def opens_quote(text: str, index: int, language: str | None) -> bool:
    """Whether the sign at `index`, outside of any quote, begins one.

    An apostrophe in a word does not, unless the word is a prefix of strings; nor does a lifetime
    of Rust.
    """
    char = text[index]
    if char != "'":
        return char in QUOTES
    if index and text[index - 1].isalnum():
        prefix = _PREFIXES.get(language or "")
        return prefix is not None and prefix.search(text[max(0, index - 3) : index]) is not None
    literal = text[index + 1 : index + 2] == "\\" or text[index + 2 : index + 3] == "'"
    return literal or language != "rust"


def open_quote(line: str, language: str | None) -> str:
    """The quote that `line` leaves open, "" for none."""
    quote = ""
    for index, char in enumerate(line):
        if quote:
            if char == quote and line[index - 1] != "\\":
                quote = ""
        elif opens_quote(line, index, language):
            quote = char
    return quote


def open_brackets(text: str, language: str | None) -> list[int]:
    """Where the brackets stand that `text` leaves open, skipping those in quotes on one line."""
    found: list[int] = []
    quote = ""
    for match in SIGNS.finditer(text):
        index, char = match.start(), match[0]
        if quote:
            if (char == quote and text[index - 1] != "\\") or char == "\n":
                quote = ""
        elif opens_quote(text, index, language):
            quote = char
        elif char in CLOSERS:
            found.append(index)
        elif char in PAIRS and found and text[found[-1]] == PAIRS[char]:
            found.pop()
    return found


def unopened(text: str) -> list[str]:
    """The closers in `text` whose opener is not in it."""
    return [text[index] for index in unopened_at(text)]


def unopened_at(text: str) -> list[int]:
    """Where the closers stand in `text` whose opener is not in it, in quotes or not."""
    depth: list[str] = []
    found: list[int] = []
    for index, char in enumerate(text):
        if char in CLOSERS:
            depth.append(char)
        elif char in PAIRS and depth and depth[-1] == PAIRS[char]:
            depth.pop()
        elif char in PAIRS and not depth:
            found.append(index)
    return found


def surely_unmatched(code: str) -> bool:
    """Whether some bracket in `code` has no other half there. False where strings may hold them."""
    plain = PLAIN_STRING.sub("", code)
    if NO_PLAIN_CODE.search(plain):
        return False
    return any(plain.count(opener) != plain.count(closer) for opener, closer in CLOSERS.items())
