"""The names that the code at the cursor uses, nearest first."""

import re
from dataclasses import dataclass
from functools import cache

from slm_context.cursor import DocumentContext
from slm_context.languages import line_comment
from slm_context.remembered import remembers

LINES_BEFORE, LINES_AFTER = 30, 5
IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]{2,}")
LINKS = (".", "::", "->")
NAME_AT_END = re.compile(r"[A-Za-z_$][\w$]*\Z")
# Strings name nothing; what stays open at the end of a line is left alone. Rust's apostrophe is
# a lifetime's as often as a character's.
STRING = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
RUST_STRING = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.[^'\n]*|[^'\\\n])'"
# Of all languages together: a name that is a keyword in one is rarely defined in another.
KEYWORDS = frozenset(
    """abstract and any args assert async auto await base bool boolean break byte case catch chan
    char class cls code const constexpr continue crate data def default defer del delete
    done double elif else elsif end ensure enum err error except export extends extern false
    final finally float for from func function get global goto handle if impl implements
    import in include index inline instanceof int interface internal into is item iter key
    kwargs lambda len let list long loop map match message mod module mut name namespace new
    nil node none None not null number object operator option or out override package params
    parent pass path print private protected pub public raise range readonly ref require
    result return Result self Self sealed set short signed size sizeof Some static str
    string String struct super switch template test text the this throw throws time trait
    true True False try type typedef typename typeof uint union unsafe unsigned use using
    val value values var virtual void volatile when where while with yield""".split()
)


@dataclass(frozen=True, slots=True)
class UsedName:
    """A name near the cursor. `weight` is 1 on the cursor's line and falls with the distance."""

    name: str
    weight: float
    owner: str  # what stands before its dot, or ""
    called: bool = False


def names_near(document: DocumentContext, extra: str = "") -> list[UsedName]:
    """The names around the cursor, heaviest first; `extra` is more code that it stands in."""
    before = document.prefix[-8_000:].split("\n")[-LINES_BEFORE:]
    after = document.suffix[:3_000].split("\n")[1 : LINES_AFTER + 1]
    no_code = _no_code(document.language)
    found: dict[str, UsedName] = {}
    numbered = [(len(before) - 1 - n, line) for n, line in enumerate(before)]
    numbered += [(n + 3, line) for n, line in enumerate(after)]
    numbered += [(12, line) for line in extra.split("\n")]
    for distance, line in numbered:
        weight = weight_at(distance)
        code = no_code.sub(lambda m: " " * len(m.group()), line)
        for match in IDENTIFIER.finditer(code):
            name = match.group()
            if name in KEYWORDS:
                continue
            known = found.get(name)
            if known is None or known.weight < weight:
                called = code[match.end() : match.end() + 1] in ("(", "!")
                found[name] = UsedName(name, weight, _owner(code, match.start()), called)
    return sorted(found.values(), key=lambda one: (-one.weight, one.name))


@remembers(max_chars=600_000)
def all_names(text: str) -> frozenset[str]:
    """Every name in a text, in comments, too."""
    return frozenset(IDENTIFIER.findall(text))


def weight_at(distance: float) -> float:
    """What a name counts so many lines from the cursor."""
    return 1.0 / (1.0 + distance / 6.0)


@cache
def _no_code(language: str | None) -> re.Pattern[str]:
    """Strings, and comments up to the end of the line.

    `#` begins one here, an attribute, a directive or a private name there, and `//` divides.
    """
    comment = re.escape(line_comment(language)) if language else "#|//"
    if language == "php":
        comment = r"//|#(?!\[)"
    return re.compile(f"{RUST_STRING if language == 'rust' else STRING}|(?:{comment})[^\\n]*")


def _owner(code: str, start: int) -> str:
    before = code[:start].rstrip()
    for link in LINKS:
        if before.endswith(link):
            match = NAME_AT_END.search(before.removesuffix(link).rstrip())
            return match.group() if match else ""
    return ""
