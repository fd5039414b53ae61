"""E8: a condition that cannot be meant as it stands, and can with another operator.

Always true or always false (`x != 1 or x != 2`), using what was just found to be None
(`x is None and x.y`), or allowing an index one past the end (`i <= len(x)` before `x[i]`).
Where a name may be another one by then, or is asked about again, there is silence.
"""

import ast
import re
import warnings
from collections.abc import Iterator

from tree_sitter import Node

from slm_lsp.diagnostics.python_scopes import text_of
from slm_lsp.diagnostics.suspicion import PythonFile, Suspicion, walk
from slm_lsp.diagnostics.types import Edit

RULE = "wrong-operator"
LITERALS = {"integer", "string", "true", "false"}
PLAIN = {"identifier", "attribute"}
# Below these a name may be another one, or be used only sometimes.
BINDS = {"lambda", "for_in_clause", "named_expression"}
ASKS_AGAIN = {"conditional_expression", "boolean_operator"}
SIMPLE = {"expression_statement", "return_statement", "delete_statement", "raise_statement"}
TRIED = {"try_statement", "with_statement"}
ENDS_TRIED = {"function_definition", *TRIED}
DICTIONARY = re.compile(r"(?i)dict\b|mapping\b|counter\b")
ASKS = {"isinstance", "hasattr", "getattr", "issubclass"}


def wrong_operators(file: PythonFile) -> Iterator[Suspicion]:
    """Yield operators that make their condition pointless, or make it fail."""
    for node in file.nodes():
        if node.type == "boolean_operator":
            yield from _always(file, node)
            yield from _uses_none(file, node)
        elif node.type in ("if_statement", "while_statement"):
            yield from _past_the_end(file, node)


def _always(file: PythonFile, node: Node) -> Iterator[Suspicion]:
    """`x != 1 or x != 2` is true of every x; `x == 1 and x == 2` of none."""
    left, operator, right = _parts(node)
    if operator is None or left is None or right is None:
        return
    first, second = _comparison(left), _comparison(right)
    if first is None or second is None:
        return
    (x, sign, a), (y, other_sign, b) = first, second
    if x != y or sign != other_sign or a[:1].isdigit() != b[:1].isdigit() or _may_equal(a, b):
        return
    said = {("or", "!="): ("true", "and"), ("and", "=="): ("false", "or")}
    found = said.get((text_of(operator), sign))
    if found is not None:
        value, meant = found
        yield _suspicion(
            file, operator, meant, f"This is always {value}: `{x}` cannot be both {a} and {b}."
        )


def _uses_none(file: PythonFile, node: Node) -> Iterator[Suspicion]:
    """`x is None and x.y` fails for None; so does `x is not None or x.y`."""
    left, operator, right = _parts(node)
    if operator is None or left is None or right is None or left.type != "comparison_operator":
        return
    if len(left.named_children) != 2 or left.named_children[1].type != "none":
        return
    x = left.named_children[0]
    signs = [child for child in left.children if not child.is_named]
    sign = " ".join(text_of(child) for child in signs)
    if x.type not in PLAIN or (text_of(operator), sign) not in (("and", "is"), ("or", "is not")):
        return
    first = right  # what is asked before it may know that x is not None
    while first.type == "boolean_operator" and first.named_children:
        first = first.named_children[0]
    if any(one.type == "call" and text_of(one.children[0]) in ASKS for one in walk(first)):
        return
    if _is_uncertain(first) or _is_tried(node):
        return
    for inner in walk(first):
        if inner.type in ("attribute", "subscript"):
            used = inner.child_by_field_name("object" if inner.type == "attribute" else "value")
            if used is None or text_of(used) != text_of(x):
                continue
            if _may_change(first, inner) or text_of(inner).endswith("__"):
                return  # even None has some attributes
            meant = "or" if text_of(operator) == "and" else "and"
            message = f"`{text_of(x)}` is None where `{text_of(inner)}` is asked for."
            yield _suspicion(file, operator, meant, message)
            return


def _past_the_end(file: PythonFile, node: Node) -> Iterator[Suspicion]:
    """`while i <= len(x)` with `x[i]` in what it guards, and no change of i before."""
    condition = node.child_by_field_name("condition")
    guarded = node.child_by_field_name("consequence") or node.child_by_field_name("body")
    if condition is None or guarded is None or condition.type != "comparison_operator":
        return
    if len(condition.named_children) != 2:
        return
    i, length = condition.named_children
    sign = next((child for child in condition.children if not child.is_named), None)
    if sign is None or text_of(sign) != "<=" or i.type != "identifier" or length.type != "call":
        return
    arguments = length.child_by_field_name("arguments")
    if arguments is None or text_of(length.children[0]) != "len":
        return
    x = text_of(arguments)[1:-1].strip()
    first = guarded.named_children[0] if guarded.named_children else None
    if first is None or first.type not in SIMPLE or _is_uncertain(first):
        return
    if _is_tried(node) or _may_be_dict(file, x):
        return
    uses = (one for one in walk(first) if one.type == "subscript")
    if any(_indexes(one, x, text_of(i)) and not _may_change(first, one) for one in uses):
        if not {x, text_of(i)} & _assigned(first):
            message = f"`{x}[{text_of(i)}]` does not exist where `{text_of(i)}` is `len({x})`."
            yield _suspicion(file, sign, "<", message)


def _indexes(subscript: Node, x: str, i: str) -> bool:
    value = subscript.child_by_field_name("value")
    index = subscript.children_by_field_name("subscript")
    return value is not None and text_of(value) == x and [text_of(one) for one in index] == [i]


def _is_uncertain(node: Node) -> bool:
    return any(one.type in BINDS or one.type in ASKS_AGAIN for one in walk(node))


def _may_change(first: Node, use: Node) -> bool:
    """Whether something was called before what is used, which may have given it a value."""
    return any(
        one.type in ("call", "await") and one.end_byte <= use.start_byte for one in walk(first)
    )


def _is_tried(node: Node) -> bool:
    """Whether it may be meant to fail: in a `try`, or in `with suppress(...)` or the like."""
    parent = node.parent
    while parent is not None and parent.type not in ENDS_TRIED:
        parent = parent.parent
    return parent is not None and parent.type in TRIED


def _may_be_dict(file: PythonFile, x: str) -> bool:
    """Whether anything of that name in the file is a dictionary, whose keys may begin at 1."""
    for node in walk(file.tree.root):
        if node.type == "assignment":
            named, value = node.child_by_field_name("left"), node.child_by_field_name("right")
        elif node.type in ("typed_parameter", "typed_default_parameter"):
            named, value = node.child_by_field_name("name") or node.named_children[0], None
        else:
            continue
        if named is None or text_of(named) != x:
            continue
        annotation = node.child_by_field_name("type")
        if annotation is not None and DICTIONARY.search(text_of(annotation)):
            return True
        if value is not None and value.type in ("dictionary", "dictionary_comprehension"):
            return True
        if value is not None and value.type == "call" and DICTIONARY.search(text_of(value)):
            return True
    return False


def _assigned(statement: Node) -> set[str]:
    lefts = (
        node.child_by_field_name("left")
        for node in walk(statement)
        if node.type in ("assignment", "augmented_assignment")
    )
    return {text_of(left) for left in lefts if left is not None}


def _parts(node: Node) -> tuple[Node | None, Node | None, Node | None]:
    return tuple(node.child_by_field_name(name) for name in ("left", "operator", "right"))  # type: ignore[return-value]


def _comparison(node: Node) -> tuple[str, str, str] | None:
    """`x == 1` as its three texts; None where it is of another kind."""
    if node.type != "comparison_operator" or len(node.named_children) != 2:
        return None
    left, right = node.named_children
    sign = next((text_of(child) for child in node.children if not child.is_named), "")
    if left.type not in PLAIN or right.type not in LITERALS:
        return None
    return text_of(left), sign, text_of(right)


def _suspicion(file: PythonFile, operator: Node, meant: str, message: str) -> Suspicion:
    start, end = file.span(operator)
    return Suspicion(RULE, start, end, message, ("E8",), Edit(start, end, meant))


def _may_equal(a: str, b: str) -> bool:
    """Whether two literals may be the same: `'a'` and `"a"` are, and any `f"{a}"` may be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.literal_eval(a) == ast.literal_eval(b)
        except (ValueError, SyntaxError):
            return True
