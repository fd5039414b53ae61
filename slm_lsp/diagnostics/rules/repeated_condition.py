"""E4: a branch of an if/elif chain whose condition was tested before."""

from collections.abc import Iterator

from tree_sitter import Node

from slm_lsp.diagnostics.python_scopes import text_of
from slm_lsp.diagnostics.suspicion import PythonFile, Suspicion, walk
from slm_lsp.diagnostics.types import Related

RULE = "repeated-condition"


def repeated_conditions(file: PythonFile) -> Iterator[Suspicion]:
    """Yield elif conditions that were tested before in the same chain."""
    for node in file.nodes():
        if node.type == "if_statement":
            yield from _repeats(file, list(_conditions(node)))


def _conditions(node: Node) -> Iterator[Node]:
    first = node.child_by_field_name("condition")
    if first is not None:
        yield first
    for clause in node.named_children:
        if clause.type == "elif_clause":
            condition = clause.child_by_field_name("condition")
            if condition is not None:
                yield condition


def _repeats(file: PythonFile, conditions: list[Node]) -> Iterator[Suspicion]:
    seen: dict[str, Node] = {}
    for condition in conditions:
        text = " ".join(text_of(condition).split())
        # A call or an assignment in between may change what the same text means.
        if _may_change(condition):
            continue
        if text in seen:
            start, end = file.span(condition)
            related = Related(*file.span(seen[text]), "the same condition stands here")
            message = f"This branch is never reached: `{text}` was already tested above."
            yield Suspicion(RULE, start, end, message, ("E4",), None, (related,))
        else:
            seen[text] = condition


def _may_change(condition: Node) -> bool:
    return any(
        node.type in ("call", "named_expression", "await", "yield") for node in walk(condition)
    )
