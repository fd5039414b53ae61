"""E5: two arguments whose names say that each belongs in the other's place.

After Rice et al., "Detecting argument selection defects" (OOPSLA 2017): the names of arguments
and parameters alone, with the heuristics that took their precision from 10 % to 85 %.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from tree_sitter import Node

from slm_lsp.diagnostics.python_scopes import text_of
from slm_lsp.diagnostics.suspicion import PythonFile, Suspicion, walk
from slm_lsp.diagnostics.types import Edit, Related

RULE = "swapped-arguments"
# Names that say nothing about which of two things they are.
VAGUE = {"key", "value", "item", "other", "self", "cls", "args", "kwargs", "obj", "val", "arg"}
# Words near a call that say that the order is meant.
ON_PURPOSE = ("swap", "revers", "transpos", "rotat", "flip", "invert", "mirror", "opposite", "rtl")


def swapped_arguments(file: PythonFile) -> Iterator[Suspicion]:
    """Yield calls with two positional names `b, a` for parameters called `a, b`."""
    calls = [node for node in file.nodes() if node.type == "call"]
    definitions = _definitions(file) if calls else {}
    for call in calls:
        arguments = _positional(call)
        if len(arguments) < 2:
            continue
        callee = _callee(call)
        for parameters, definition in definitions.get(callee, ()):
            pair = _swapped(arguments, parameters)
            if pair is None or _on_purpose(call, callee):
                continue
            first, second = pair
            yield _suspicion(file, first, second, callee, definition)
            break


def _suspicion(
    file: PythonFile, first: Node, second: Node, callee: str, definition: Node
) -> Suspicion:
    start, end = file.span(first)[0], file.span(second)[1]
    between = file.text[file.span(first)[1] : file.span(second)[0]]
    a, b = text_of(first), text_of(second)
    message = f"`{a}` and `{b}` are in the places of each other in the call of `{callee}`."
    related = Related(*file.span(definition), f"the parameters of `{callee}`")
    return Suspicion(
        RULE, start, end, message, ("E5",), Edit(start, end, b + between + a), (related,)
    )


def _definitions(file: PythonFile) -> dict[str, list[tuple[list[str], Node]]]:
    """Functions and methods of this file by name, with the names of their parameters.

    A class is callable by its `__init__`.
    """
    found: dict[str, list[tuple[list[str], Node]]] = {}
    for node in walk(file.tree.root):
        if node.type != "function_definition":
            continue
        name, parameters = node.child_by_field_name("name"), node.child_by_field_name("parameters")
        if name is None or parameters is None:
            continue
        names = [_parameter(child) for child in parameters.named_children]
        owner = _owner(node)
        if owner is not None:
            names = names[0 if "staticmethod" in _decorators(node) else 1 :]
        key = text_of(name)
        if key == "__init__" and owner is not None:
            key = owner
        found.setdefault(key, []).append((names, parameters))
    # Two different functions of one name: which one is called is a guess.
    return {key: all_ for key, all_ in found.items() if len(all_) == 1}


def _owner(function: Node) -> str | None:
    """The class whose method this is."""
    parent = function.parent
    if parent is not None and parent.type == "decorated_definition":
        parent = parent.parent
    holder = parent.parent if parent is not None and parent.type == "block" else None
    if holder is None or holder.type != "class_definition":
        return None
    name = holder.child_by_field_name("name")
    return text_of(name) if name is not None else None


def _decorators(function: Node) -> str:
    parent = function.parent
    if parent is None or parent.type != "decorated_definition":
        return ""
    return " ".join(text_of(child) for child in parent.named_children if child.type == "decorator")


def _parameter(node: Node) -> str:
    if node.type in ("list_splat_pattern", "dictionary_splat_pattern", "keyword_separator"):
        return "*"
    target = node.child_by_field_name("name") or node
    while target.type != "identifier" and target.named_children:
        target = target.named_children[0]
    return text_of(target)


def _positional(call: Node) -> list[Node]:
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "argument_list":
        return []
    found: list[Node] = []
    for child in arguments.named_children:
        if child.type in ("keyword_argument", "list_splat", "dictionary_splat"):
            break
        if child.type != "comment":
            found.append(child)
    return found


def _callee(call: Node) -> str:
    function = call.child_by_field_name("function")
    if function is not None and function.type == "attribute":
        function = function.child_by_field_name("attribute")
    return text_of(function) if function is not None and function.type == "identifier" else ""


def _swapped(arguments: Sequence[Node], parameters: Sequence[str]) -> tuple[Node, Node] | None:
    known = parameters[: parameters.index("*")] if "*" in parameters else parameters
    for i, j in combinations(range(min(len(arguments), len(known))), 2):
        a, b = _last_name(arguments[i]), _last_name(arguments[j])
        if a is None or b is None or a == b or {a, b} & VAGUE or min(len(a), len(b)) < 3:
            continue
        if a == known[j] and b == known[i]:
            return arguments[i], arguments[j]
    return None


def _last_name(node: Node) -> str | None:
    """`width` for `width` and for `self.width`."""
    if node.type == "attribute":
        attribute = node.child_by_field_name("attribute")
        return text_of(attribute) if attribute is not None else None
    return text_of(node) if node.type == "identifier" else None


def _on_purpose(call: Node, callee: str) -> bool:
    """A word about reversal nearby, or a comparison of both orders in one function."""
    scope = call.parent
    while scope is not None and scope.type not in ("function_definition", "module"):
        scope = scope.parent
    if scope is None or scope.type == "module":
        return False
    text = text_of(scope)
    # Called more than once in one function: both orders may be wanted.
    return any(word in text.lower() for word in ON_PURPOSE) or text.count(f"{callee}(") > 1
