"""What a filter is: a pure function from a suggestion to a better one, or to none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from slm_context.cursor import DocumentContext
from slm_context.syntax import Place, SyntaxTree
from slm_prompts import FimTemplate

from slm_lsp.completion.types import CompletionMode

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Draft:
    """A suggestion under way. `n_replaced` code points after the cursor are replaced by it."""

    text: str
    n_replaced: int = 0


@dataclass(frozen=True, slots=True)
class InsertionPoint:
    """Where a draft goes: what a filter may look at besides it."""

    document: DocumentContext
    mode: CompletionMode
    template: FimTemplate
    # Of the document as it stands; None where there is no grammar.
    tree: SyntaxTree | None = None
    _found: dict[Any, Any] = field(default_factory=dict[Any, Any], repr=False, compare=False)

    def once(self, find: "Callable[[InsertionPoint], T]") -> T:
        """What `find` finds here. Many drafts are tried in one place, and it stays the same."""
        if find not in self._found:
            self._found[find] = find(self)
        return self._found[find]


Filter = Callable[[Draft, InsertionPoint], Draft | None]


def in_code(around: InsertionPoint) -> bool:
    """Whether the cursor stands in neither a string nor a comment, as far as is known."""
    tree = around.tree
    return tree is None or tree.place(around.document.offset) is Place.CODE


def begins_in_code(around: InsertionPoint) -> bool:
    """Whether the cursor's line begins in neither a string nor a comment, as far as is known."""
    tree, document = around.tree, around.document
    return tree is None or tree.place(document.line_start + len(document.indent)) is Place.CODE


def columns(line: str) -> int:
    """How many columns `line` is indented, a tab being four."""
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())
