"""What stands before the dot at the cursor, and what the text near it says of its type.

No type checker: declarations and first assignments that say a type in so many words. That is what
code with annotations, and every statically typed language, does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from slm_context.cursor import DocumentContext

SELVES = frozenset({"self", "this", "$this", "cls", "Self", "super"})
# Expressions longer than this, and chains of more steps, are not followed.
MAX_EXPRESSION, MAX_STEPS = 400, 6
LINK = re.compile(r"(?:\?\.|!\.|->|::|\.)\s*$")
NAME_AT_END = re.compile(r"[A-Za-z_$][\w$]*$")
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
# What a type is, as far as a regular expression can tell.
TYPE = r"([&*\[\]\w.:<>|?', ]*[\w>\]\"'])"
# What follows a name, and what stands before it. None is compiled for a name of its own: names
# are new at every cursor, and compiling takes longer than all the matching.
TYPED = (
    re.compile(rf"\s*\??:\s*(?!=|:){TYPE}"),  # name: Type
    re.compile(r"(?:\s*,\s*\w+)*[ \t]+([*\[\]]*(?:chan )?(?:map\[\w+\])?\*?[A-Za-z][\w.]*)"),
)
MADE = re.compile(r"(?:\s*,\s*\w+)*[)\]]*(?:\s*:[^=\n]{1,60})?\s*(?::=|=(?!=))\s*(?:range\s+)?")
EACH = re.compile(r"\s+(?:in|of)\s+")
BEFORE_TYPED = re.compile(r"\b([A-Z]\w*(?:<[^;(){}=]*>)?)(?:\[\])?[\s*&]+$")  # Type name
BEFORE_C_TYPED = re.compile(r"\b((?<=\bstruct )\w+|(?<=\bunion )\w+|\w+_t)[\s*]+$")
BEFORE_CAUGHT = re.compile(r"\bexcept\s+([A-Z]\w*)\b[^:\n]*\sas\s+$")
BEFORE_WITH = re.compile(r"\b(?:with|match)\s+([^\n]+?)\s+as\s+$")
BEFORE_EACH = re.compile(r"\bfor\s+(?:\w+\s*,\s*)?(?:const\s+|let\s+)?$")
BEFORE_DEF = re.compile(r"^[ \t]*@([\w.]+\([^\n]*\))\s*\n(?:[ \t]*@.*\n)*.*\bdef $", re.M)
SELF = re.compile(r"\b(?:this|self)\.$")
# So much is looked at before a name, and so many places where it stands, the last ones first.
MAX_BEFORE, MAX_PLACES = 160, 24


@dataclass(frozen=True, slots=True)
class Step:
    """One part of `a.b(c).d`."""

    name: str
    called: bool = False


def steps_at(document: DocumentContext) -> tuple[Step, ...]:
    """What stands before the dot at the cursor, over several lines; () where there is no dot."""
    return steps_before(document.prefix[-MAX_EXPRESSION:])


def steps_before(text: str) -> tuple[Step, ...]:
    """The parts of the expression whose last dot `text`, but for half a name, ends with."""
    typed = NAME_AT_END.search(text)
    left = text[: typed.start()] if typed else text
    steps: list[Step] = []
    while len(steps) < MAX_STEPS:
        link = LINK.search(left)
        if link is None:
            return tuple(reversed(steps))
        left = left[: link.start()].rstrip()
        called = False
        while left and left[-1] in ")]>?!":
            if left[-1] in "?!":  # Rust's question mark, TypeScript's non-null
                left = left[:-1].rstrip()
                continue
            opened = _opening(left)
            if opened < 0:
                return ()
            called |= left[-1] == ")"
            left = left[:opened].rstrip().removesuffix("::")
        name = NAME_AT_END.search(left)
        if name is None:
            return ()
        if name.group() != "await":  # Rust's `.await` is no member
            steps.append(Step(name.group(), called))
        left = left[: name.start()].rstrip(" \t\n")
    return ()


def _opening(text: str) -> int:
    """Where the bracket that `text` ends with was opened; -1 where it was not."""
    closing = text[-1]
    opening, depth = PAIRS[closing], 0
    for place in range(len(text) - 1, -1, -1):
        if text[place] == closing:
            depth += 1
        elif text[place] == opening:
            depth -= 1
            if depth == 0:
                return place
    return -1


@dataclass(frozen=True, slots=True)
class Said:
    """A declaration of a name: its type in words, or the expression that it is made from."""

    place: int
    type: str = ""
    made_by: str = ""


def said_of(name: str, text: str) -> list[Said]:
    """What `text` says that `name` is, what is said last first."""
    found: list[Said] = []
    place, n_places = text.rfind(name), 0
    while name and place >= 0 and n_places < MAX_PLACES:
        end = place + len(name)
        if not _is_word(text[place - 1 : place]) and not _is_word(text[end : end + 1]):
            n_places += 1
            found += _said_at(place, end, text)
        place = text.rfind(name, 0, place)
    return found[:6]


def _is_word(character: str) -> bool:
    return character.isalnum() or character in ("_", "$") if character else False


def _said_at(place: int, end: int, text: str) -> Iterator[Said]:
    before = text[max(0, place - MAX_BEFORE) : place]
    line = before.rpartition("\n")[2]
    if before[-1:] != "." or SELF.search(before):
        # In the order of what is likeliest to be meant.
        made = MADE.match(text, end)
        if made is not None and before[-1:] not in ("=", "!", "<", ">"):
            yield Said(place, made_by=_expression(text, made.end()))
        for pattern in TYPED:
            match = pattern.match(text, end)
            if match is not None:
                yield Said(place, type=match[1])
    for pattern in (BEFORE_TYPED, BEFORE_C_TYPED, BEFORE_CAUGHT):
        match = pattern.search(before)
        if match is not None:
            yield Said(place, type=match[1])
    match = BEFORE_WITH.search(line)
    if match is not None:
        yield Said(place, made_by=match[1])
    each = EACH.match(text, end)
    if each is not None and BEFORE_EACH.search(line):
        yield Said(place, made_by=_expression(text, each.end()))
    if before.endswith("def "):
        # What a decorator makes of a function.
        match = BEFORE_DEF.search(text[max(0, place - 3 * MAX_BEFORE) : place])
        if match is not None:
            yield Said(place, made_by=match[1])


def _expression(text: str, start: int) -> str:
    """From `start` to where the expression ends."""
    depth = 0
    for place in range(start, min(len(text), start + MAX_EXPRESSION)):
        character = text[place]
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        if depth < 0 or (depth == 0 and character in ";,{\n"):
            # A chain that goes on in the next line.
            if character == "\n" and re.match(r"\s*\??\.\w", text[place : place + 80]):
                continue
            return text[start:place]
    return text[start : start + MAX_EXPRESSION]


def steps_of(expression: str) -> tuple[Step, ...]:
    """The parts of a whole expression."""
    cleaned = re.sub(r"^(?:new|await|yield|&mut|&|\*|mut)\s*\b", "", expression.strip())
    return steps_before(cleaned.rstrip("?;: \t") + ".")
