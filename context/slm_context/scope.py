"""Where the cursor's scope ends, and whether a block was just opened, by the syntax tree.

A scope is what the grammar says encloses the cursor: a body, a bracket, a clause. No language is
named here. Where the tree has an error around the cursor it knows nothing, and says so by None.
"""

from tree_sitter import Node

from slm_context.syntax import Place, SyntaxTree

# What a statement has as its body, in the grammars that name it.
BODIES = ("body", "consequence", "alternative")
SEPARATORS = (";", ",")


def scope_end(tree: SyntaxTree, cursor: int, first: int) -> int | None:
    """Where the scope ends that the code at `first` belongs to, which was inserted at `cursor`.

    Behind its last statement, that is: in front of a bracket or keyword that closes it. None where
    the scope is the whole file, or where the code is too broken to tell.
    """
    scope: Node | None = None
    for node in tree.ancestors(first + 1):
        if node.is_error:
            return None
        start, _ = tree.span(node)
        parent = node.parent
        if start < cursor or _is_body(node, parent):
            scope = node if parent is not None else None
            break
    if scope is None:
        return None
    last = scope.children[-1] if scope.children else None
    start, end = tree.span(last) if last is not None else tree.span(scope)
    # A statement that is a body by itself ends with its own sign, which closes nothing.
    closes = last is not None and not last.is_named and last.type not in SEPARATORS
    closes = closes and start >= first
    return start if closes else end


def opens_block(tree: SyntaxTree, end: int) -> bool | None:
    """Whether the sign or word that ends at `end` opens a block with nothing in it yet."""
    if tree.place(end) is not Place.CODE:
        return False
    opener = tree.node_at(end)
    parent = opener.parent
    if parent is None or parent.is_error:
        return None
    inside = (child for child in parent.children if child.start_byte >= opener.end_byte)
    return not any(
        child.is_named and child.end_byte > child.start_byte and "comment" not in child.type
        for child in inside
    )


def _is_body(node: Node, parent: Node | None) -> bool:
    if parent is None:
        return False
    # Of a `case` each statement may be one: they are a body together.
    return any(parent.children_by_field_name(name) == [node] for name in BODIES)
