"""The scopes of a Python file and the names that are bound and read in each.

Those of the language reference (module, class, function, lambda, comprehension), lenient where
leniency costs no truth: a name that is bound anywhere in a visible scope counts as bound, whatever
the order, because a wrong "undefined" costs more than a missed one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node


@dataclass(eq=False)
class Scope:
    """One scope: `bound` maps a name to the identifiers that bind it, `reads` in text order."""

    node: Node
    kind: str  # "module", "class", "function", "comprehension" or "annotation"
    parent: "Scope | None"
    bound: dict[str, list[Node]] = field(default_factory=dict)
    reads: list[Node] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    declared_elsewhere: set[str] = field(default_factory=set)  # global and nonlocal
    opaque: bool = False

    def visible(self) -> Iterator["Scope"]:
        """This scope and those whose names can be read from it, innermost first."""
        yield self
        scope, seen_function = self.parent, self.kind == "function"
        while scope is not None:
            # A class body's names are visible from annotations and (leniently: only the first
            # iterable may read them) comprehensions, but not from methods.
            if scope.kind != "class" or not seen_function:
                yield scope
            seen_function = seen_function or scope.kind in ("function", "class")
            scope = scope.parent

    def resolve(self, name: str) -> "Scope | None":
        return next((scope for scope in self.visible() if name in scope.bound), None)

    @property
    def function(self) -> "Scope":
        """The nearest function, class or module: where a walrus in a comprehension binds."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass
class Names:
    """All scopes of a file, the module's first."""

    scopes: list[Scope]
    star_import: bool = False
    module_getattr: bool = False
    # Names after a dot: a module may hand its namespace out by attribute.
    attributes: set[str] = field(default_factory=set)

    @property
    def module(self) -> Scope:
        return self.scopes[0]

    @property
    def opaque(self) -> bool:
        """True when names may exist that the text does not show."""
        return self.star_import or self.module_getattr or any(s.opaque for s in self.scopes)


def text_of(node: Node) -> str:
    return node.text.decode("utf-8", "replace") if node.text else ""
