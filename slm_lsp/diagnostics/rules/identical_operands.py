"""E4: an operator with the same text on both sides, where only one of them can be meant."""

from collections.abc import Iterator

from tree_sitter import Node

from slm_lsp.diagnostics.python_scopes import text_of
from slm_lsp.diagnostics.suspicion import PythonFile, Suspicion

RULE = "identical-operands"
COMPARISONS = {"==", "!=", "<", "<=", ">", ">=", "is", "is not"}
ARITHMETIC = {"-", "/", "//", "%", "^"}
BOOLEAN = {"and", "or"}
# Numerical code writes these with bare names on purpose: `x == x` asks for NaN, `x - x` makes a
# zero of the right shape. With attributes or subscripts, nobody does (0 in 3 million lines).
NUMERICAL_IDIOMS = {"==", "!=", *ARITHMETIC}


def identical_operands(file: PythonFile) -> Iterator[Suspicion]:
    """Yield operators both of whose operands are the same name, attribute or subscript."""
    for node in file.nodes():
        operands = _operands(node)
        if operands is None:
            continue
        left, operator, right = operands
        text = text_of(left)
        if text != text_of(right) or not _plain(left):
            continue
        if operator == "!=" or (operator in NUMERICAL_IDIOMS and left.type == "identifier"):
            continue
        start, end = file.span(node)
        message = f"Both sides of `{operator}` are `{text}`."
        yield Suspicion(RULE, start, end, message, ("E4",))


def _operands(node: Node) -> tuple[Node, str, Node] | None:
    if node.type == "comparison_operator" and len(node.named_children) == 2:
        left, right = node.named_children
        operator = " ".join(text_of(child) for child in node.children if not child.is_named)
        return (left, operator, right) if operator in COMPARISONS else None
    if node.type in ("binary_operator", "boolean_operator"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        sign = node.child_by_field_name("operator")
        if left is not None and right is not None and sign is not None:
            operator = text_of(sign)
            if operator in (ARITHMETIC if node.type == "binary_operator" else BOOLEAN):
                return left, operator, right
    return None


def _plain(node: Node) -> bool:
    """A name, attribute or subscript: calls may differ each time, literals are generated."""
    if node.type == "identifier":
        return True
    if node.type == "attribute":
        inner = node.child_by_field_name("object")
        return inner is not None and _plain(inner)
    if node.type == "subscript":
        return all(
            _plain(child) or child.type in ("integer", "string") for child in node.named_children
        )
    return False
