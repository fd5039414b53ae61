"""E1: a name that resolves nowhere, and one visible name that it is a slip of."""

import builtins
from collections.abc import Iterable, Iterator

from tree_sitter import Node

from slm_lsp.diagnostics.python_scopes import Scope, text_of
from slm_lsp.diagnostics.similar import misspelling_distance
from slm_lsp.diagnostics.suspicion import PythonFile, Suspicion
from slm_lsp.diagnostics.types import Edit, Related

RULE = "misspelt-name"
# Names that exist without a binding: the module's own, older Pythons', type checkers'.
KNOWN = frozenset(dir(builtins)) | {
    *("__file__", "__path__", "__class__", "__module__", "__qualname__", "__annotations__"),
    *("__builtins__", "__warningregistry__", "__annotate__", "__firstlineno__", "__doc__"),
    *("unicode", "long", "basestring", "raw_input", "xrange", "unichr", "reduce", "file", "cmp"),
    *("WindowsError", "reveal_type", "reveal_locals", "execfile", "reload", "buffer", "intern"),
}
# A file with more unknown names than this has them from somewhere that the text does not show.
MAX_UNKNOWN = 50
NOWHERE = 99
# A distance, and names that are so far away.
_Near = tuple[int, frozenset[str]]


def misspelt_names(file: PythonFile) -> Iterator[Suspicion]:
    """Yield each read of an unknown name that is a slip of exactly one known one."""
    names = file.names
    if names.opaque:
        return
    unknown = [
        (text_of(read), read, scope)
        for scope in names.scopes
        for read in scope.reads
        if scope.resolve(name := text_of(read)) is None
        and name not in KNOWN
        and file.looks_at(read)
    ]
    if len({name for name, _, _ in unknown}) > MAX_UNKNOWN:
        return
    nearest = _Nearest()
    for name, read, scope in unknown:
        meant = nearest.to(name, scope)
        if meant is None or _guarded(read):
            continue
        start, end = file.span(read)
        home = scope.resolve(meant)
        related: tuple[Related, ...] = ()
        if home is not None:
            related = (Related(*file.span(home.bound[meant][0]), f"`{meant}` is defined here"),)
        message = f"`{name}` is not defined anywhere; `{meant}` is."
        yield Suspicion(RULE, start, end, message, ("E1",), Edit(start, end, meant), related)


class _Nearest:
    """The names nearest to an unknown one. For each such, a scope is looked through once."""

    def __init__(self) -> None:
        self._builtins: dict[str, _Near] = {}
        self._found: dict[tuple[str, Scope], _Near] = {}

    def to(self, name: str, scope: Scope) -> str | None:
        """The one visible name nearest to `name`; None when there is none, or a tie."""
        if name not in self._builtins:
            self._builtins[name] = _near(name, KNOWN)
        near = [self._builtins[name]]
        for visible in scope.visible():
            key = name, visible
            if key not in self._found:
                self._found[key] = _near(name, visible.bound)
            near.append(self._found[key])
        least = min(distance for distance, _ in near)
        meant = {candidate for distance, found in near if distance == least for candidate in found}
        return meant.pop() if len(meant) == 1 else None


def _near(name: str, candidates: Iterable[str]) -> _Near:
    """How far the nearest of `candidates` are, and two of them: as good as all, for a tie."""
    least, found = NOWHERE, set[str]()
    for candidate in candidates:
        distance = misspelling_distance(name, candidate)
        if not distance or distance > least:
            continue
        if distance < least:
            least, found = distance, set()
        if len(found) < 2:
            found.add(candidate)
        if least == 1 and len(found) == 2:
            break
    return least, frozenset(found)


def _guarded(node: Node) -> bool:
    """True inside `try: … except NameError`, where an unknown name is the point."""
    parent = node.parent
    while parent is not None:
        if parent.type == "try_statement":
            for clause in parent.named_children:
                if clause.type == "except_clause":
                    head = text_of(clause).split(":", 1)[0]
                    if "NameError" in head or head.strip() == "except" or "Exception" in head:
                        return True
        parent = parent.parent
    return False
