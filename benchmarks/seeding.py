"""Bugs put into valid code on purpose, one at a time."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from slm_context.syntax import SyntaxTree
from tree_sitter import Node

from slm_lsp.diagnostics.python_names import python_names
from slm_lsp.diagnostics.python_scopes import text_of
from slm_lsp.diagnostics.rules.copy_paste import MIN_LEAVES, leaves
from slm_lsp.diagnostics.sites import OTHERS


@dataclass(frozen=True, slots=True)
class Seeded:
    """Code with a bug at `offset` (code points)."""

    text: str
    offset: int
    removed: str = ""  # the token that was deleted


def seed_syntax_error(tree: SyntaxTree, rng: random.Random) -> Seeded | None:
    """Delete one token of the code, outside comments and strings. It may still be valid."""
    leaves: list[Node] = []
    pending = [tree.root]
    while pending:
        node = pending.pop()
        if "comment" in node.type or "string" in node.type:
            continue
        if not node.child_count and node.end_byte > node.start_byte:
            leaves.append(node)
        pending.extend(node.children)
    if not leaves:
        return None
    start, end = tree.span(rng.choice(leaves))
    return Seeded(tree.text[:start] + tree.text[end:], start, tree.text[start:end])


def seed_bug(tree: SyntaxTree, rule: str, rng: random.Random) -> Seeded | None:
    """A bug of the kind that `rule` looks for; None where the file has no place for one."""
    return SEEDERS[rule](tree, rng)


def _misspell(tree: SyntaxTree, rng: random.Random) -> Seeded | None:
    """A slip of the fingers in a name that is read: a letter lost, doubled or swapped."""
    names = python_names(tree.root)
    reads = [
        read
        for scope in names.scopes
        for read in scope.reads
        if len(text_of(read)) >= 4 and scope.resolve(text_of(read)) is not None
    ]
    if not reads:
        return None
    read = rng.choice(reads)
    start, end = tree.span(read)
    name = tree.text[start:end]
    i = rng.randrange(1, len(name) - 1)
    typo = rng.choice(
        (
            name[:i] + name[i + 1 :],
            name[:i] + name[i] + name[i:],
            name[:i] + name[i + 1] + name[i] + name[i + 2 :],
        )
    )
    if typo == name or any(typo in scope.bound for scope in names.scopes):
        return None
    return Seeded(tree.text[:start] + typo + tree.text[end:], start)


def _equal_operands(tree: SyntaxTree, rng: random.Random) -> Seeded | None:
    """The right operand is the left one again."""
    plain = ("identifier", "attribute", "subscript")
    sites: list[tuple[Node, Node]] = []
    for node in _walk(tree.root):
        if node.type in ("comparison_operator", "binary_operator", "boolean_operator"):
            operator = text_of(node.children[1]) if len(node.children) == 3 else ""
            left, right = node.children[0], node.children[-1]
            if operator in ("==", "<", ">", "<=", ">=", "-", "/", "and", "or", "is"):
                if left.type in plain and right.type in plain and text_of(left) != text_of(right):
                    sites.append((left, right))
    return _copy_over(tree, rng, sites)


def _repeat_condition(tree: SyntaxTree, rng: random.Random) -> Seeded | None:
    """An elif tests again what the if tested."""
    sites: list[tuple[Node, Node]] = []
    for node in _walk(tree.root):
        if node.type == "if_statement":
            first = node.child_by_field_name("condition")
            for clause in node.named_children:
                second = clause.child_by_field_name("condition")
                if clause.type == "elif_clause" and first is not None and second is not None:
                    sites.append((first, second))
    return _copy_over(tree, rng, sites)


def _swap_arguments(tree: SyntaxTree, rng: random.Random) -> Seeded | None:
    """Two neighbouring positional arguments trade places, in calls of what the file defines."""
    defined = {
        text_of(name)
        for node in _walk(tree.root)
        if node.type in ("function_definition", "class_definition")
        and (name := node.child_by_field_name("name")) is not None
    }
    sites: list[tuple[Node, Node]] = []
    for node in _walk(tree.root):
        function = node.child_by_field_name("function") if node.type == "call" else None
        if function is None or text_of(function).rsplit(".", 1)[-1] not in defined:
            continue
        arguments = node.child_by_field_name("arguments")
        plain = [
            child
            for child in (arguments.named_children if arguments is not None else ())
            if child.type in ("identifier", "attribute")
        ]
        sites.extend(zip(plain, plain[1:], strict=False))
    if not sites:
        return None
    (a, b), (c, d) = (tree.span(node) for node in rng.choice(sites))
    text = tree.text
    return Seeded(text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:], a)


def _misuse(tree: SyntaxTree, rng: random.Random) -> Seeded | None:
    """A local or parameter is read in place of another one of the same function."""
    names = python_names(tree.root)
    sites = [
        (read, others)
        for scope in names.scopes
        if scope.kind == "function"
        for read in scope.reads
        if text_of(read) in scope.bound
        and (others := [name for name in scope.bound if name not in ("self", text_of(read))])
    ]
    if not sites:
        return None
    read, others = rng.choice(sites)
    start, end = tree.span(read)
    return Seeded(tree.text[:start] + rng.choice(others) + tree.text[end:], start)


def _forget_rename(tree: SyntaxTree, rng: random.Random) -> Seeded | None:
    """Of two like statements in a row, the second keeps one name of the first."""
    sites: list[tuple[Node, Node]] = []
    for block in _walk(tree.root):
        if block.type not in ("block", "module"):
            continue
        for first, second in pairwise(block.named_children):
            a, b = leaves(first), leaves(second)
            if len(a) < MIN_LEAVES or [one.type for one in a] != [one.type for one in b]:
                continue
            renamed = [
                (one, other)
                for one, other in zip(a, b, strict=True)
                if text_of(one) != text_of(other)
            ]
            names = [pair for pair in renamed if pair[1].type == "identifier"]
            if len(renamed) > 1 and names:
                sites.append(rng.choice(names))
    return _copy_over(tree, rng, sites)


def _another_operator(tree: SyntaxTree, rng: random.Random) -> Seeded | None:
    """Any operator that compares, joins or computes becomes one that is confused with it."""
    sites = [
        child
        for node in _walk(tree.root)
        if node.type in ("comparison_operator", "boolean_operator", "binary_operator")
        for child in node.children
        if text_of(child) in OTHERS
    ]
    if not sites:
        return None
    site = rng.choice(sites)
    start, end = tree.span(site)
    other = rng.choice(OTHERS[text_of(site)])
    return Seeded(tree.text[:start] + other + tree.text[end:], start)


def _copy_over(
    tree: SyntaxTree, rng: random.Random, sites: list[tuple[Node, Node]]
) -> Seeded | None:
    """The second node of a site gets the text of the first."""
    if not sites:
        return None
    source, target = rng.choice(sites)
    start, end = tree.span(target)
    text = tree.text[:start] + text_of(source) + tree.text[end:]
    return Seeded(text, start)


def _walk(root: Node) -> list[Node]:
    found: list[Node] = []
    pending = [root]
    while pending:
        node = pending.pop()
        found.append(node)
        pending.extend(node.named_children)
    return found


SEEDERS: dict[str, Callable[[SyntaxTree, random.Random], Seeded | None]] = {
    "misspelt-name": _misspell,
    "identical-operands": _equal_operands,
    "repeated-condition": _repeat_condition,
    "swapped-arguments": _swap_arguments,
    "variable-misuse": _misuse,
    "copy-paste": _forget_rename,
    "wrong-operator": _another_operator,
}
