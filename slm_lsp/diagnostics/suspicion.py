"""What a structural rule hands over: a place, what should stand there, and why."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from tree_sitter import Node

from slm_lsp.diagnostics.python_scopes import Names
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
    names: Names
    # What to look at: the functions and statements that changed, in text order, none within
    # another; None for the whole file.
    units: tuple[Node, ...] | None = None

    def span(self, node: Node) -> tuple[int, int]:
        return self.tree.span(node)

    def nodes(self) -> Iterator[Node]:
        """Every named node of what is looked at, in text order."""
        for unit in (self.tree.root,) if self.units is None else self.units:
            yield from walk(unit)

    def looks_at(self, node: Node) -> bool:
        """Whether a node is part of what is looked at."""
        if self.units is None:
            return True
        nearest = bisect_right(self._unit_starts, node.start_byte) - 1
        return nearest >= 0 and node.end_byte <= self.units[nearest].end_byte

    @cached_property
    def _unit_starts(self) -> list[int]:
        return [unit.start_byte for unit in self.units or ()]


def walk(root: Node) -> Iterator[Node]:
    """Every named node below `root`, in text order."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.named_children))
