"""Places in changed lines where one token could have been another: what a review looks at.

The same in every language with a grammar: names that stand for other names of the same function,
comparisons, arithmetic and boolean operators, small numbers and truth values.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from slm_context.syntax import SyntaxTree
from tree_sitter import Node

from slm_lsp.diagnostics.similar import confusable
from slm_lsp.diagnostics.types import Edit

NAMES = {"identifier", "variable_name", "simple_identifier"}
FUNCTIONS = ("function", "method", "constructor", "lambda", "closure", "func_literal")
GROUPS = (
    ("<", "<=", ">", ">="),
    ("==", "!="),
    ("===", "!=="),
    ("&&", "||"),
    ("and", "or"),
    ("is", "is not"),
    ("in", "not in"),
    ("+", "-"),
    ("*", "/"),
    ("+=", "-=", "="),
    ("true", "false"),
    ("True", "False"),
)
OTHERS = {one: [o for o in group if o != one] for group in GROUPS for one in group}
# Of names that could stand at a place: the most similar and the nearest.
MAX_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Site:
    """A token, and what could stand in its place."""

    start: int
    end: int
    token: str
    candidates: tuple[str, ...]

    @property
    def edits(self) -> list[Edit]:
        return [Edit(self.start, self.end, other) for other in self.candidates]


def sites(tree: SyntaxTree, lines: frozenset[int]) -> Iterator[Site]:
    """Sites on these lines (from 0), in text order; none where the text does not parse."""
    for leaf in _leaves(tree.root):
        if leaf.start_point.row not in lines or leaf.has_error:
            continue
        start, end = tree.span(leaf)
        token = tree.text[start:end]
        candidates = _candidates(leaf, token)
        if candidates:
            yield Site(start, end, token, candidates)


def _candidates(leaf: Node, token: str) -> tuple[str, ...]:
    if leaf.type in NAMES:
        return _other_names(leaf, token) if _is_read(leaf) else ()
    if token.isdecimal() and len(token) == 1:
        number = int(token)
        return tuple(str(other) for other in (number - 1, number + 1) if other >= 0)
    return tuple(OTHERS.get(token, ()))


def _is_read(leaf: Node) -> bool:
    """False for names that are defined, called, or stand behind a dot."""
    parent = leaf.parent
    if parent is None:
        return False
    for field in ("name", "function", "attribute", "field", "property", "left", "alias", "type"):
        if parent.child_by_field_name(field) == leaf:
            return False
    return "parameter" not in parent.type and "import" not in parent.type


def _other_names(leaf: Node, token: str) -> tuple[str, ...]:
    """Names that the function uses above this place, most easily confused and nearest first."""
    function = leaf.parent
    while function is not None and not any(word in function.type for word in FUNCTIONS):
        function = function.parent
    if function is None:
        return ()
    distance: dict[str, int] = {}
    for other in _leaves(function):
        if other.start_byte >= leaf.start_byte:
            break
        name = (other.text or b"").decode("utf-8", "replace")
        if other.type in NAMES and name != token and (_is_local(other) or name in distance):
            distance[name] = leaf.start_byte - other.start_byte
    ranked = sorted(distance, key=lambda name: (not confusable(name, token), distance[name]))
    return tuple(ranked[:MAX_CANDIDATES])


def _is_local(leaf: Node) -> bool:
    """Whether this is where a parameter or a local gets its name."""
    parent = leaf.parent
    if parent is None:
        return False
    for field in ("left", "name", "pattern"):
        if parent.child_by_field_name(field) == leaf:
            return "function" not in parent.type and "class" not in parent.type
    return "parameter" in parent.type or parent.type in ("pattern_list", "expression_list")


def _leaves(node: Node) -> Iterator[Node]:
    pending = [node]
    while pending:
        node = pending.pop()
        if "comment" in node.type or node.type in ("string_content", "string_fragment"):
            continue
        if node.child_count:
            pending.extend(reversed(node.children))
        else:
            yield node
