"""Definitions as a reader would jot them down: how each is called, and what is in it."""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from slm_context.imports import Import
from slm_context.index import Found
from slm_context.languages import line_comment
from slm_context.names import UsedName
from slm_context.reported import ReportedName
from slm_context.tags import Definition
from slm_context.types import Origin, Snippet

# Above everything else: what stands behind the dot comes next.
MEMBER_WEIGHT = 5.0
# Members of the thing before the dot: so many with their signatures, and up to so many by name.
MEMBERS_SHOWN, MEMBERS_IN_PASSING = 24, 3
MEMBERS_SIGNED, MEMBERS_NAMED = 10, 60
# Where methods may stand outside of their class.
APART = frozenset({"go", "rust"})
# A member in a list of members; its types matter less than that it is there.
MEMBER_CHARS = 40
LINE_CHARS = 120

# Decorators and annotations, with one level of arguments.
ATTRIBUTES = re.compile(r"^(?:@[\w.]+(?:\([^()]*\))?\s*|#\[[^\]]*\]\s*)+")
MODIFIERS = re.compile(
    r"^(?:(?:public|private|protected|internal|static|final|abstract|default|synchronized|export"
    r"|readonly|override|pub(?:\([^)]*\))?)\s+)+"
)
GO_RECEIVER = re.compile(r"^func \([^)]*\) ")

Outline = Callable[[str], list[Definition]]


@dataclass(frozen=True, slots=True)
class Cursor:
    """What the retriever is told of the document."""

    path: str
    language: str
    names: Sequence[UsedName]
    imports: Sequence[Import]
    # Classes that the thing before the dot may be of; its members come next.
    receivers: Sequence[str] = ()
    homes: Mapping[str, str] = field(default_factory=dict[str, str])  # which file's, of several
    unused: frozenset[str] = frozenset()  # imported names that the text does not use yet
    usage: Mapping[str, float] = field(default_factory=dict[str, float])  # of names around here
    # What other tools name in their reports of lines near the cursor.
    reported: Mapping[str, ReportedName] = field(default_factory=dict[str, ReportedName])
    # Whether a path of modules, in parts, begins in the repository.
    is_own: Callable[[Sequence[str]], bool] = lambda names: False


@dataclass(frozen=True, slots=True)
class Hit:
    """A definition that is worth telling, and why."""

    found: Found
    score: float
    reason: str
    n_members: int = 0
    origin: Origin = Origin.DEFINITION


class Told:
    """Definitions as a reader would jot them down: how each is called, and what is in it."""

    def __init__(
        self, cursor: Cursor, outline: Outline, methods_apart: Callable[[str], list[Found]]
    ) -> None:
        self._cursor = cursor
        self._outline = outline
        self._methods_apart = methods_apart
        self._also = f"    {line_comment(cursor.language)} also: "

    def snippet(self, path: str, hits: list[Hit]) -> Snippet:
        """What is of use in one file."""
        hits.sort(key=lambda hit: (-hit.score, hit.found.definition.start_line))
        wanted = frozenset(hit.found.definition.name for hit in hits)
        shown: set[str] = set()
        lines: list[str] = []
        # Best first: what does not fit is cut off at the end.
        for hit in hits:
            one = hit.found.definition
            if f"{one.scope}.{one.name}" in shown:
                continue
            shown.add(f"{one.scope}.{one.name}")
            inside = one.scope and one.kind != "class"
            lines.append("    " * bool(inside) + shortened(one, LINE_CHARS))
            if one.kind == "class" and hit.n_members:
                members = self._members(path, one.name, wanted)
                shown |= {f"{member.scope}.{member.name}" for member in members}
                lines += self._listed(members, hit.n_members)
        score = hits[0].score + 0.2 * sum(hit.score for hit in hits[1:4])
        reason = "; ".join(dict.fromkeys(hit.reason for hit in hits[:3]))
        start = hits[0].found.definition.start_line
        return Snippet(path, "\n".join(lines) + "\n", start, hits[0].origin, score, reason)

    def rest_of(self, name: str) -> list[Snippet]:
        """Methods, in other files, of a class of the cursor's own file."""
        here, anywhere = self._cursor.path, self._cursor.language != "go"
        found = [
            one
            for one in self._methods_apart(name)
            if one.path != here and (anywhere or _beside(one.path, here))
        ]
        if not found:
            return []
        # Where most of them stand is where the thing is made.
        path, _ = Counter(one.path for one in found).most_common(1)[0]
        found = [one for one in found if one.path == path]
        members = self._ranked([one.definition for one in found], frozenset())
        lines = self._listed(members, MEMBERS_SHOWN)
        reason = f"the cursor stands behind an instance of {name}"
        return [Snippet(path, "\n".join(lines) + "\n", 0, Origin.MEMBER, MEMBER_WEIGHT, reason)]

    def _members(self, path: str, name: str, wanted: frozenset[str]) -> list[Definition]:
        members = [one for one in self._outline(path) if one.scope == name]
        if self._cursor.language in APART:
            elsewhere = self._methods_apart(name)
            members += [
                one.definition
                for one in elsewhere
                if one.path not in (path, self._cursor.path) and _beside(one.path, path)
            ]
        return self._ranked(members, wanted)

    def _ranked(self, members: list[Definition], wanted: frozenset[str]) -> list[Definition]:
        """Those that this text names first, since what was used is used again."""
        usage = self._cursor.usage
        public = [one for one in members if one.name in wanted or one.name[0] != "_"]
        once = list({one.name: one for one in reversed(public)}.values())  # overloads once
        return sorted(
            once,
            key=lambda one: (one.name not in wanted, -usage.get(one.name, 0), one.start_line),
        )

    def _listed(self, members: list[Definition], n_shown: int) -> list[str]:
        signed = n_shown if n_shown < MEMBERS_SHOWN else MEMBERS_SIGNED
        lines = [f"    {shortened(one, MEMBER_CHARS)}" for one in members[:signed]]
        if n_shown == MEMBERS_SHOWN:
            names = [one.name for one in members[signed:MEMBERS_NAMED]]
            lines += named(names, self._also)
        return lines


def named(names: Sequence[str], lead: str) -> list[str]:
    """Lines of names only, for what there is no room to say more of."""
    joined = (", ".join(names[start : start + 8]) for start in range(0, len(names), 8))
    return [lead + line for line in joined]


def _beside(path: str, other: str) -> bool:
    return posixpath.dirname(path) == posixpath.dirname(other)


def shortened(one: Definition, n_chars: int) -> str:
    """A signature without decorators and modifiers, and not longer than a list can bear."""
    plain = MODIFIERS.sub("", ATTRIBUTES.sub("", one.signature))
    if one.apart:
        plain = GO_RECEIVER.sub("", plain)
    if len(plain) <= n_chars:
        return plain
    # The name is what a list is for.
    start = plain.find(one.name)
    if start + len(one.name) >= n_chars:
        plain = plain[start:]
    return plain if len(plain) <= n_chars else plain[: n_chars - 1] + "…"
