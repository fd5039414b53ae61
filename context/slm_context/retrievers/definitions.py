"""Definitions of what the code at the cursor uses: imported ones first, signatures only."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slm_context.imports import Import, stems
from slm_context.index import Found
from slm_context.names import UsedName
from slm_context.tags import Definition
from slm_context.types import Origin, Snippet

# Languages that see each other's definitions.
FAMILIES = {
    **dict.fromkeys(("javascript", "typescript", "tsx"), "script"),
    **dict.fromkeys(("c", "cpp"), "c"),
    **dict.fromkeys(("java", "kotlin", "scala"), "jvm"),
}
# A name with more definitions than this, none of them imported, says nothing about which is meant.
MAX_AMBIGUOUS = 3
IMPORTED, FROM_IMPORTED_FILE, NEIGHBOUR, ELSEWHERE = 3.0, 2.0, 1.5, 0.8
# Where a plain name of another file has to be imported to mean it.
IMPORTING = frozenset({"python", "javascript", "typescript", "tsx", "rust"})
# Below this, retrieval costs more by distraction than it gives.
FLOOR = 0.25
# Imported but not used near the cursor: what is imported is going to be used.
IMPORTED_WEIGHT = 0.3
UNUSED_WEIGHT = 0.45
MEMBER_WEIGHT = 1.5
MEMBERS_SHOWN, MEMBERS_IN_PASSING = 24, 3
# A member in a list of members; its types matter less than that it is there.
MEMBER_CHARS = 40
LINE_CHARS = 120

# Decorators and annotations, with one level of arguments.
ATTRIBUTES = re.compile(r"^(?:@[\w.]+(?:\([^()]*\))?\s*|#\[[^\]]*\]\s*)+")

Lookup = Callable[[Sequence[str]], list[Found]]
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
    unused: frozenset[str] = frozenset()  # imported names that the text does not use yet


@dataclass(frozen=True, slots=True)
class _Hit:
    found: Found
    score: float
    reason: str
    n_members: int = 0


def definition_snippets(cursor: Cursor, lookup: Lookup, outline: Outline) -> list[Snippet]:
    """One snippet for each file that defines something of use at the cursor, best first."""
    wanted = _wanted(cursor)
    endings = _Endings(cursor.path, cursor.language, cursor.imports)
    family = FAMILIES.get(cursor.language, cursor.language)
    by_name: dict[str, list[Found]] = defaultdict(list)
    for found in lookup([*wanted, *cursor.receivers]):
        if found.path != cursor.path and FAMILIES.get(found.language, found.language) == family:
            by_name[found.definition.name].append(found)
    by_file: dict[str, list[_Hit]] = defaultdict(list)
    for name, all_found in by_name.items():
        for found in all_found:
            hit = _hit(found, wanted.get(name), cursor.receivers, endings, len(all_found))
            if hit is not None and hit.score >= FLOOR:
                by_file[found.path].append(hit)
    snippets = [_snippet(file, hits, outline) for file, hits in by_file.items()]
    return sorted(snippets, key=lambda one: (-one.score, one.path))


def _wanted(cursor: Cursor) -> dict[str, UsedName]:
    """The names to look up: those near the cursor, and those that are imported."""
    wanted = {one.name: one for one in cursor.names}
    for one in cursor.imports:
        for here, there in one.names:
            weight = UNUSED_WEIGHT if here in cursor.unused else IMPORTED_WEIGHT
            known = wanted.get(here, UsedName(here, weight, ""))
            if known.weight < weight:
                known = UsedName(here, weight, known.owner, known.called)
            for name in (here, there):
                if name and name != "*":
                    wanted[name] = known
    return wanted


def _hit(
    found: Found,
    used: UsedName | None,
    receivers: Sequence[str],
    endings: "_Endings",
    n_found: int,
) -> _Hit | None:
    one = found.definition
    if one.name in receivers and one.kind == "class" and n_found <= MAX_AMBIGUOUS:
        score = MEMBER_WEIGHT * endings.trust(found, UsedName(one.name, 1.0, ""), n_found)[0]
        if score or n_found == 1:
            reason = f"the cursor stands behind an instance of {one.name}"
            return _Hit(found, max(score, MEMBER_WEIGHT), reason, MEMBERS_SHOWN)
    if used is None:
        return None
    trust, reason = endings.trust(found, used, n_found)
    near = used.weight >= 0.7
    return _Hit(found, used.weight * trust, reason, MEMBERS_IN_PASSING if near else 0)


class _Endings:
    """How much an import, or nearness, vouches for a definition."""

    def __init__(self, path: str, language: str, imports: Sequence[Import]) -> None:
        self._folder = posixpath.dirname(path)
        self._language = language
        self._named: dict[str, tuple[str, ...]] = {}
        self._any: list[str] = []
        self._packages: dict[str, set[str]] = defaultdict(set)
        for one in imports:
            found = stems(language, one.module, path)
            self._any += found
            for here, there in one.names:
                inner = stems(language, f"{one.module}.{there}", path) if there else ()
                self._named[here] = (*self._named.get(here, ()), *found, *inner)
                package = re.split(r"[./:\\]+", one.module.strip("./@"))[0].replace("-", "_")
                for name in (here, there):
                    self._packages[name].add(package)
                if there:
                    self._named[there] = self._named[here]

    def trust(self, found: Found, used: UsedName, n_found: int) -> tuple[float, str]:
        name = found.definition.name
        if _ends(found.path, self._named.get(name, ())):
            return IMPORTED, f"{name} is imported"
        if used.owner and _ends(found.path, self._named.get(used.owner, ())):
            return IMPORTED, f"{used.owner}.{name} is of an imported file"
        if name in self._named and n_found <= MAX_AMBIGUOUS and self._is_of(name, found.path):
            # Through a package that hands it on, such as Python's __init__ or Rust's lib.
            return FROM_IMPORTED_FILE / n_found, f"{name} is imported by way of its package"
        if not self._may_mean(found.definition, used):
            return 0.0, ""
        if _ends(found.path, self._any):
            return FROM_IMPORTED_FILE, f"{name} is used, its file is imported"
        if n_found > MAX_AMBIGUOUS:
            return 0.0, ""
        if posixpath.dirname(found.path) == self._folder:
            return NEIGHBOUR / n_found, f"{name} is used, its file lies beside"
        return ELSEWHERE / n_found, f"{name} is used"

    def _is_of(self, name: str, path: str) -> bool:
        """Whether the package that `name` is imported from is a folder above `path`."""
        folders = {part.replace("-", "_") for part in path.split("/")[:-1]}
        return bool(folders & self._packages.get(name, set()))

    def _may_mean(self, one: Definition, used: UsedName) -> bool:
        """Whether a name that is not imported can be this definition at all."""
        if one.scope and one.kind != "class":
            return bool(used.owner)  # a member, of an object whose class we do not know
        if used.owner:
            return False  # a member of something else
        if self._language in IMPORTING:
            return False
        return used.called or one.name[0].isupper()


def _ends(path: str, endings: Sequence[str]) -> bool:
    stem = "/" + path.rsplit(".", 1)[0]
    for one in endings:
        if not one:
            continue
        if one.endswith("/"):  # a package: any file right in it
            if (posixpath.dirname("/" + path) + "/").endswith("/" + one):
                return True
        elif stem.endswith("/" + one):
            return True
    return False


def _snippet(path: str, hits: list[_Hit], outline: Outline) -> Snippet:
    hits.sort(key=lambda hit: (-hit.score, hit.found.definition.start_line))
    members: dict[str, list[Definition]] = defaultdict(list)
    if any(hit.n_members for hit in hits):
        for one in outline(path):
            if one.scope:
                members[one.scope].append(one)
    wanted = {hit.found.definition.name for hit in hits}
    lines: list[str] = []
    shown: set[str] = set()
    # Best first: what does not fit is cut off at the end.
    for hit in hits:
        lines += _told(hit, members, wanted, shown)
    score = hits[0].score + 0.2 * sum(hit.score for hit in hits[1:4])
    reason = "; ".join(dict.fromkeys(hit.reason for hit in hits[:3]))
    start = hits[0].found.definition.start_line
    origin = Origin.MEMBER if hits[0].n_members == MEMBERS_SHOWN else Origin.DEFINITION
    return Snippet(path, "\n".join(lines) + "\n", start, origin, score, reason)


def _told(
    hit: _Hit, members: dict[str, list[Definition]], wanted: set[str], shown: set[str]
) -> list[str]:
    """A definition as a reader would jot it down: how it is called, and what is in it."""
    one = hit.found.definition
    key = f"{one.scope}.{one.name}"
    if key in shown:
        return []
    shown.add(key)
    if one.scope and one.kind != "class":
        return [f"    {shortened(one.signature, LINE_CHARS)}"]
    lines = [shortened(one.signature, LINE_CHARS)]
    if one.kind == "class" and hit.n_members:
        public = [m for m in members.get(one.name, []) if m.name in wanted or m.name[0] != "_"]
        inner = list({member.name: member for member in reversed(public)}.values())
        inner = sorted(inner, key=lambda member: (member.name not in wanted, member.start_line))
        for member in sorted(inner[: hit.n_members], key=lambda member: member.start_line):
            shown.add(f"{member.scope}.{member.name}")
            lines.append(f"    {shortened(member.signature, MEMBER_CHARS)}")
    return lines


def shortened(signature: str, n_chars: int) -> str:
    """A signature without decorators, and not longer than a list can bear."""
    plain = ATTRIBUTES.sub("", signature)
    return plain if len(plain) <= n_chars else plain[: n_chars - 1] + "…"
