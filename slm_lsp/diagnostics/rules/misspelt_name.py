"""E1: a name that resolves nowhere, and one visible name that it is a slip of."""

import builtins
from collections.abc import Iterator

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


def misspelt_names(file: PythonFile) -> Iterator[Suspicion]:
    """Yield each read of an unknown name that is a slip of exactly one known one."""
    names = file.names
    if names.opaque:
        return
    for scope in names.scopes:
        for read in scope.reads:
            name = text_of(read)
            if name in KNOWN or not file.looks_at(read) or scope.resolve(name) is not None:
                continue
            if _guarded(read):
                continue
            meant = _meant(name, scope)
            if meant is None:
                continue
            start, end = file.span(read)
            home = scope.resolve(meant)
            related: tuple[Related, ...] = ()
            if home is not None:
                related = (Related(*file.span(home.bound[meant][0]), f"`{meant}` is defined here"),)
            message = f"`{name}` is not defined anywhere; `{meant}` is."
            yield Suspicion(RULE, start, end, message, ("E1",), Edit(start, end, meant), related)


def _meant(name: str, scope: Scope) -> str | None:
    """The one visible name nearest to `name`; None when there is none, or a tie."""
    near: dict[int, set[str]] = {}
    for candidate in {name for visible in scope.visible() for name in visible.bound} | KNOWN:
        distance = misspelling_distance(name, candidate)
        if distance:
            near.setdefault(distance, set()).add(candidate)
    if not near:
        return None
    nearest = near[min(near)]
    return nearest.pop() if len(nearest) == 1 else None


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
