"""What an instruct model writes in a review, read as what it means.

The decoder enforces the form (`GRAMMAR`), and within it models still put marks before what they
quote, count lines that have no numbers, leave out indentation, and are cut off by length.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

KEYS = ("quote", "replacement", "problem")
# Of each text of an answer, in characters.
MAX_TEXT = 160
# Tokens that hold three proposals of that length, at three characters a token.
N_PREDICT = 600
GRAMMAR = rf"""
root ::= "[" (item (", " item){{0,2}})? "]"
item ::= "{{\"quote\": " text ", \"replacement\": " text ", \"problem\": " text "}}"
text ::= "\"" char{{0,{MAX_TEXT}}} "\""
char ::= [^"\\\x00-\x1f\x7f] | "\\" ["\\/t]
"""
# Stands before a new line where it is shown to the model.
MARK = "+ "
# What models write before a line that they quote: its number, or the mark.
BEFORE_LINE = re.compile(r"\s*(?:(?:[Ll]ine |L)?\d+ ?[:|])?(?: ?\+ ?)?")
INDENTATION = r"^[ \t]*?"
WORD_START = re.compile(r"\w")
SENTENCE_END = re.compile(r"[.!?…。！？]$")
# Cc control, Cf format (such as one that turns the direction of what follows), Cs surrogate.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})

# No word goes on here: what is left and right of it are not both of one.
_EDGE = r"(?!(?<=\w)(?=\w))"
# Raw tabs may stand in strings of an answer that no grammar held to.
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the model said: replace `quote` by `replacement`, because of `problem`."""

    quote: str
    replacement: str
    problem: str


def read(answer: str) -> list[Proposal]:
    """The proposals of an answer, each by itself: one may be cut off, or have another form."""
    found: list[Proposal] = []
    start = answer.find("{")
    while start >= 0:
        try:
            one, end = _DECODER.raw_decode(answer, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            said = [one.get(key) for key in KEYS]
            if all(isinstance(text, str) for text in said):
                found.append(Proposal(*(text.strip("\r\n") for text in said)))
            else:  # something around them
                end = start + 1
        start = answer.find("{", end)
    return found


def readings(proposal: Proposal) -> Iterator[tuple[re.Pattern[str], str]]:
    """What to look for in the text, as the group `quote`, and what to put there: as it is written,
    then as it is meant."""
    quote, replacement = proposal.quote, proposal.replacement
    yield from _spaced("", quote, replacement)
    # Only what begins a line can have the line's mark.
    marked = BEFORE_LINE.sub("", quote, 1), BEFORE_LINE.sub("", replacement, 1)
    yield from _spaced(INDENTATION, *marked)
    yield from _spaced("", quote.strip("`"), replacement.strip("`"))


def _spaced(before: str, quote: str, replacement: str) -> Iterator[tuple[re.Pattern[str], str]]:
    """Behind what `before` matches, as it is written, then with any blanks for blanks."""
    words = quote.split()
    if not words:
        return
    if quote[0] == words[0][0]:  # without its indentation, so the replacement has none either
        replacement = replacement.lstrip()
    if WORD_START.match(quote):  # only one of the two with its mark
        replacement = replacement.removeprefix(MARK)
    yield _pattern(before, re.escape(quote)), replacement
    yield _pattern(before, r"[ \t]+".join(map(re.escape, words))), replacement.strip()


def _pattern(before: str, quote: str) -> re.Pattern[str]:
    """Half a word is no quote of it."""
    return re.compile(rf"{before}(?P<quote>{_EDGE}{quote}{_EDGE})", re.MULTILINE)


def is_whole(proposal: Proposal) -> bool:
    """Whether it says something, in full: at the longest that may be written it was cut off."""
    if not proposal.quote.strip() or not proposal.problem.strip():
        return False
    if max(len(proposal.quote), len(proposal.replacement)) >= MAX_TEXT:
        return False
    return not any(_is_unseen(char) for char in proposal.replacement)


def sentence(problem: str) -> str:
    """What the model says, on one line that any terminal can show."""
    seen = "".join(" " if _is_unseen(char) else char for char in problem)
    said = " ".join(seen.split())
    return said if SENTENCE_END.search(said) else f"{said}."


def _is_unseen(char: str) -> bool:
    return char != "\t" and unicodedata.category(char) in UNSEEN
