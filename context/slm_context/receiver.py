"""What stands before the dot at the cursor, and what the text near it says of its type.

No type checker: declarations and first assignments that say a type in so many words. That is what
code with annotations, and every statically typed language, does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from slm_context.cursor import DocumentContext

SELVES = frozenset({"self", "this", "cls", "Self", "super"})
# Expressions longer than this, and chains of more steps, are not followed.
MAX_EXPRESSION, MAX_STEPS = 400, 6
LINK = re.compile(r"(?:\?\.|!\.|->|::|\.)\s*$")
NAME_AT_END = re.compile(r"[A-Za-z_$][\w$]*$")
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
# What a type is, as far as a regular expression can tell.
TYPE = r"[&*\[\]\w.:<>|?', ]*[\w>\]\"']"


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
    if not name or name not in text:
        return []
    found = list(_said_of(re.escape(name), text))
    found.sort(key=lambda one: -one.place)
    return found[:6]


def _said_of(name: str, text: str) -> Iterator[Said]:
    typed = (
        rf"\b{name}\s*\??:\s*(?!=|:)({TYPE})",  # name: Type
        rf"\b([A-Z]\w*(?:<[^;(){{}}=]*>)?)(?:\[\])?[\s*&]+{name}\b",  # Type name
        rf"\b{name}(?:\s*,\s*\w+)*[ \t]+([*\[\]]*(?:chan )?(?:map\[\w+\])?\*?[A-Za-z][\w.]*)",
        rf"\b(?:with|except)\s+([A-Z]\w*)\b[^:\n]*\sas\s+{name}\b",
    )
    for pattern in typed:
        for match in re.finditer(pattern, text):
            yield Said(match.start(), type=match[1])
    made = (
        rf"(?<![=!<>.])\b(?:this\.|self\.)?{name}(?:\s*,\s*\w+)*[)\]]*"
        rf"(?:\s*:[^=\n]{{1,60}})?\s*(?::=|=(?!=))\s*(?:range\s+)?",
        rf"\b\w+\s*,\s*{name}\s*:?=\s*(?:range\s+)?",
        rf"\bfor\s+(?:\w+\s*,\s*)?(?:const\s+|let\s+)?{name}\s+(?:in|of)\s+",
    )
    for pattern in made:
        for match in re.finditer(pattern, text):
            yield Said(match.start(), made_by=_expression(text, match.end()))
    # What a decorator makes of a function.
    for match in re.finditer(
        rf"^[ \t]*@([\w.]+\([^\n]*\))\s*\n(?:[ \t]*@.*\n)*.*\bdef {name}\b", text, re.M
    ):
        yield Said(match.start(), made_by=match[1])
    for match in re.finditer(rf"\b(?:with|match)\s+([^\n]+?)\s+as\s+{name}\b", text):
        yield Said(match.start(), made_by=match[1])


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
