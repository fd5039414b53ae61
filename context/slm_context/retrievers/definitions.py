"""Definitions of what the code at the cursor uses: imported ones first, signatures only."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from slm_context.entries import last_of, stem_of
from slm_context.index import Found
from slm_context.names import UsedName
from slm_context.retrievers.told import (
    MEMBER_WEIGHT,
    MEMBERS_IN_PASSING,
    MEMBERS_SHOWN,
    MEMBERS_SIGNED,
    Cursor,
    Hit,
    Outline,
    Told,
)
from slm_context.stems import SCOPED, inner_module, n_apart, stems
from slm_context.tags import Definition
from slm_context.types import Origin, Snippet

# A name with more definitions than this, none of them imported, says nothing about which is meant.
MAX_AMBIGUOUS = 3
# What another tool names near the cursor comes before all that the code names, and after what
# stands behind its dot.
REPORTED = 4.0
IMPORTED, FROM_IMPORTED_FILE, NEIGHBOUR, ELSEWHERE = 3.0, 2.0, 1.5, 0.8
# For each folder between two files, of which an import means one.
FARTHER = 0.02
# Where a plain name of another file has to be imported to mean it.
IMPORTING = frozenset({"python", "javascript", "typescript", "tsx", "rust"})
# Where what is imported may be a module itself.
NESTED = frozenset({"python", "rust"})
# Below this, retrieval costs more by distraction than it gives.
FLOOR = 0.25
# Imported but not used near the cursor: what is imported is going to be used.
IMPORTED_WEIGHT = 0.3
UNUSED_WEIGHT = 0.45

Lookup = Callable[[Sequence[str], Callable[[str], bool], Mapping[str, Sequence[str]]], list[Found]]


def definition_snippets(
    cursor: Cursor, lookup: Lookup, outline: Outline, methods_apart: Callable[[str], list[Found]]
) -> list[Snippet]:
    """One snippet for each file that defines something of use at the cursor, best first."""
    wanted = _wanted(cursor)
    endings = _Endings(cursor)
    by_name: dict[str, list[Found]] = defaultdict(list)
    names = [*wanted, *cursor.receivers]
    pieces = {name: endings.pieces(wanted.get(name) or UsedName(name, 1.0, "")) for name in names}
    for found in lookup(names, endings.vouch_for, pieces):
        if found.path != cursor.path:
            by_name[found.definition.name].append(found)
    by_file: dict[str, list[Hit]] = defaultdict(list)
    for name, all_found in by_name.items():
        # Overloads, and a class with its constructors, are one.
        n_files = len({found.path for found in all_found}) if name not in cursor.homes else 1
        for hit in _meant(name, all_found, cursor, endings, n_files):
            by_file[hit.found.path].append(hit)
        for found in all_found:
            if cursor.homes.get(name, found.path) != found.path:
                continue
            hit = _hit(found, wanted.get(name), cursor, endings, n_files)
            if hit is not None and hit.score >= FLOOR:
                by_file[found.path].append(hit)
    told = Told(cursor, outline, methods_apart)
    snippets = [told.snippet(file, hits) for file, hits in by_file.items()]
    for name in cursor.receivers[:2]:
        classes = (one for one in by_name.get(name, ()) if one.definition.kind in ("class", "type"))
        if next(classes, None) is None:  # of this file, but its methods may be in others
            snippets += told.rest_of(name)
    return sorted(snippets, key=lambda one: (-one.score, one.path))


def _wanted(cursor: Cursor) -> dict[str, UsedName]:
    """The names to look up: reported, near the cursor, and imported."""
    wanted = {name: UsedName(name, 0.0, "") for name in cursor.reported}
    wanted |= {one.name: one for one in cursor.names}
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
    cursor: Cursor,
    endings: "_Endings",
    n_found: int,
) -> Hit | None:
    one, receivers = found.definition, cursor.receivers
    if one.name in receivers and one.kind in ("class", "type"):
        trust = endings.trust(found, UsedName(one.name, 1.0, ""), n_found)[0]
        if trust or n_found <= MAX_AMBIGUOUS:
            # The class itself before its bases.
            weight = MEMBER_WEIGHT * 0.8 ** receivers.index(one.name)
            reason = f"the cursor stands behind an instance of {one.name}"
            return Hit(found, weight + trust / 10, reason, MEMBERS_SHOWN, Origin.MEMBER)
    if used is None:
        return None
    trust, reason = endings.trust(found, used, n_found)
    near = used.weight >= 0.7
    return Hit(found, used.weight * trust, reason, MEMBERS_IN_PASSING if near else 0)


def _meant(
    name: str, all_found: Sequence[Found], cursor: Cursor, endings: "_Endings", n_files: int
) -> list[Hit]:
    """What a report that names `name` can mean: it knows without an import, which may be missing.

    What an import vouches for, if there is such a definition; else all, if they are few. Members
    of several classes only where their class is named, too.
    """
    report = cursor.reported.get(name)
    if report is None:
        return []
    used = UsedName(name, 1.0, "")
    meant = [one for one in all_found if endings.trust(one, used, n_files)[0] >= FROM_IMPORTED_FILE]
    score = report.weight * REPORTED
    if not meant and n_files <= MAX_AMBIGUOUS:
        score /= n_files
        meant = [
            one
            for one in all_found
            if n_files == 1
            or not one.definition.scope
            or one.definition.kind == "class"
            or one.definition.scope in cursor.reported
        ]
    reason = f"{report.source} names {name}"
    return [Hit(one, score, reason, MEMBERS_SIGNED, Origin.DIAGNOSTIC) for one in meant]


class _Endings:
    """How much an import, or nearness, vouches for a definition."""

    def __init__(self, cursor: Cursor) -> None:
        path, language, imports = cursor.path, cursor.language, cursor.imports
        self._is_own = cursor.is_own
        self._path, self._folder = path, posixpath.dirname(path)
        self._language = language
        self._named: dict[str, tuple[str, ...]] = {}
        self._vouched: dict[str, bool] = {}
        self._any: list[str] = []
        self._packages: dict[str, set[str]] = defaultdict(set)
        for one in imports:
            found = stems(language, one.module, path)
            self._any += found
            if not one.names:  # Python's `import a.b`, and then `a.b.c`
                last = one.module.rpartition(".")[2]
                self._named[last] = (*self._named.get(last, ()), *found)
            for here, there in one.names:
                inner = ()
                if there and language in NESTED:
                    inner = stems(language, inner_module(language, one.module, there), path)
                self._named[here] = (*self._named.get(here, ()), *found, *inner)
                package = _package(one.module)
                for name in (here, there):
                    self._packages[name].add(package)
                if there:
                    self._named[there] = self._named[here]
        named = (ending for endings in self._named.values() for ending in endings)
        self._lasts = {last_of(ending.rstrip("/")) for ending in (*self._any, *named)}

    def pieces(self, used: UsedName) -> tuple[str, ...]:
        """Parts of paths: of each file that an import of the name, or of its owner, means."""
        endings = (*self._named.get(used.name, ()), *self._named.get(used.owner, ()))
        return tuple(
            one if one.endswith("/") else f"{one}."
            for one in dict.fromkeys(endings)
            if one not in ("", "/")
        )

    def vouch_for(self, path: str) -> bool:
        """Whether an import, or nearness, may speak for a file."""
        known = self._vouched.get(path)
        if known is None:
            folder = path.rpartition("/")[0]
            known = (
                folder == self._folder
                or folder.rpartition("/")[2] in self._lasts
                or stem_of(path) in self._lasts
            )
            self._vouched[path] = known
        return known

    def trust(self, found: Found, used: UsedName, n_found: int) -> tuple[float, str]:
        name = found.definition.name
        if _ends(found.path, self._named.get(name, ())):
            # Of several files that an import may mean the nearest.
            return IMPORTED - FARTHER * n_apart(found.path, self._path), f"{name} is imported"
        if used.owner and _ends(found.path, self._named.get(used.owner, ())):
            return IMPORTED, f"{used.owner}.{name} is of an imported file"
        if name in self._named and n_found <= MAX_AMBIGUOUS and self._is_of(name, found.path):
            # Through a package that hands it on, such as Python's __init__ or Rust's lib.
            return FROM_IMPORTED_FILE / n_found, f"{name} is imported by way of its package"
        if not self._may_mean(found.definition, used):
            return 0.0, ""
        if self.vouch_for(found.path) and _ends(found.path, self._any):
            return FROM_IMPORTED_FILE, f"{name} is used, its file is imported"
        if n_found > MAX_AMBIGUOUS:
            return 0.0, ""
        if found.path.rpartition("/")[0] == self._folder:
            return NEIGHBOUR / n_found, f"{name} is used, its file lies beside"
        return ELSEWHERE / n_found, f"{name} is used"

    def _is_of(self, name: str, path: str) -> bool:
        """Whether the package that `name` is imported from is a folder above `path`."""
        folders = {part.replace("-", "_") for part in path.split("/")[:-1]}
        packages = self._packages.get(name, set())
        return bool(folders & packages) or any(self._is_own([one]) for one in packages)

    def _may_mean(self, one: Definition, used: UsedName) -> bool:
        """Whether a name that is not imported can be this definition at all."""
        if one.scope and one.kind != "class":
            return bool(used.owner)  # a member, of an object whose class we do not know
        if used.owner:
            return False  # a member of something else
        if self._language in IMPORTING:
            return False
        return used.called or one.name[0].isupper()


def _package(module: str) -> str:
    """The outermost folder that a module's name tells of."""
    scoped = SCOPED.match(module)
    first = scoped[1] if scoped else re.split(r"[./:\\]+", module.strip("./@"))[0]
    return first.replace("-", "_")


def _ends(path: str, endings: Sequence[str]) -> bool:
    if not endings:
        return False
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
