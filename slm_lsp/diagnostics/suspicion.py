"""What a structural rule hands over: a place, what should stand there, and why."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from tree_sitter import Node

from slm_lsp.diagnostics.python_scopes import Names, python_names
from slm_lsp.diagnostics.types import Edit, Related


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Evidence that `actual` at `start:end` should read `edit.new_text`.

    `edit` is None where the evidence shows a mistake but not its repair.
    """

    rule: str
    start: int
    end: int
    message: str
    evidence: tuple[str, ...]
    edit: Edit | None = None
    related: tuple[Related, ...] = ()


class Tree(Protocol):
    """A parsed document: code-point spans for tree-sitter's byte ranges."""

    @property
    def root(self) -> Node: ...

    def span(self, node: Node) -> tuple[int, int]: ...


@dataclass(frozen=True)
class PythonFile:
    """A Python document without syntax errors, ready for the rules."""

    path: str
    text: str
    tree: Tree
    # Signatures of functions defined elsewhere in the repository, by name.
    signatures_of: Callable[[str], tuple[tuple[str, ...], ...]] = field(default=lambda name: ())

    @cached_property
    def names(self) -> Names:
        return python_names(self.tree.root)

    def span(self, node: Node) -> tuple[int, int]:
        return self.tree.span(node)
