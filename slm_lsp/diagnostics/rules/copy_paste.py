"""E3: of two like statements in a row, the second was made from the first, and one name was
forgotten.

After CP-Miner (Li et al., OSDI 2004): where all names but one follow a renaming, that one was
overlooked.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tree_sitter import Node

from slm_lsp.diagnostics.python_scopes import text_of
from slm_lsp.diagnostics.similar import SUBWORD, subwords
from slm_lsp.diagnostics.suspicion import PythonFile, Suspicion
from slm_lsp.diagnostics.types import Edit, Related

RULE = "copy-paste"
# Shorter statements are alike by chance.
MIN_LEAVES = 6
# How often a renaming must have been followed to be one.
MIN_FOLLOWED = 2
# Shorter words are letters of formulas, where one of a kind is often the same in all of them.
MIN_WORD = 3
STAYS = {"self", "cls"}
STATEMENTS = {"expression_statement", "return_statement", "if_statement", "assert_statement"}


def forgotten_renames(file: PythonFile) -> Iterator[Suspicion]:
    """Yield names that a statement kept from the like statement above it."""
    known: set[str] | None = None
    for node in file.nodes():
        for first, second in _like_neighbours(node):
            kept = forgotten(leaves(first), leaves(second))
            if kept is None:
                continue
            leaf, meant = kept
            known = known if known is not None else _names(file)
            if meant in known:
                yield _suspicion(file, leaf, meant, first)


def forgotten(first: Sequence[Node], second: Sequence[Node]) -> tuple[Node, str] | None:
    """The one leaf of `second` that did not follow the renaming of words from `first`, and what it
    would be called if it had; None where all did, or where it is not clear."""
    followed: Counter[tuple[str, str]] = Counter()
    for before, after in zip(first, second, strict=True):
        renamed = _renamed_word(text_of(before), text_of(after))
        if renamed is not None:
            followed[renamed] += 1
        elif text_of(before) != text_of(after):
            return None  # something else differs, too: this is no copy
    if len(followed) != 1:
        return None
    ((old, new), n) = followed.most_common(1)[0]
    if n < MIN_FOLLOWED or len(old) < MIN_WORD or old in STAYS:
        return None
    if any(new in subwords(text_of(leaf)) for leaf in first):
        return None
    kept = [
        leaf
        for before, leaf in zip(first, second, strict=True)
        if text_of(before) == text_of(leaf)
        and leaf.type == "identifier"
        and old in subwords(text_of(leaf))
    ]
    if len(kept) != 1:
        return None
    return kept[0], _with_word(text_of(kept[0]), old, new)


def leaves(node: Node) -> list[Node]:
    """The tokens of a statement, in text order."""
    found: list[Node] = []
    pending = [node]
    while pending:
        node = pending.pop()
        if node.child_count and node.type != "string":
            pending.extend(reversed(node.children))
        else:
            found.append(node)
    return found


def _like_neighbours(block: Node) -> Iterator[tuple[Node, Node]]:
    """Statements that follow each other and have the same shape."""
    if block.type not in ("block", "module"):
        return
    statements = [child for child in block.named_children if child.type != "comment"]
    for first, second in pairwise(statements):
        if first.type != second.type or first.type not in STATEMENTS:
            continue
        shape = [leaf.type for leaf in leaves(first)]
        if len(shape) >= MIN_LEAVES and shape == [leaf.type for leaf in leaves(second)]:
            yield first, second


def _renamed_word(before: str, after: str) -> tuple[str, str] | None:
    """`max_width`, `max_height` → `width`, `height`; None unless one word differs."""
    a, b = subwords(before), subwords(after)
    if len(a) != len(b):
        return None
    differing = [(one, other) for one, other in zip(a, b, strict=True) if one != other]
    return differing[0] if len(differing) == 1 else None


def _with_word(name: str, old: str, new: str) -> str:
    """`name` with one word for another, written with capitals as before."""
    for match in SUBWORD.finditer(name):
        word = match.group()
        if word.lower() == old:
            written = new.upper() if word.isupper() and len(word) > 1 else new
            written = new.capitalize() if word[0].isupper() and not word.isupper() else written
            return name[: match.start()] + written + name[match.end() :]
    return name


def _names(file: PythonFile) -> set[str]:
    return {text_of(leaf) for leaf in leaves(file.tree.root) if leaf.type == "identifier"}


def _suspicion(file: PythonFile, leaf: Node, meant: str, first: Node) -> Suspicion:
    start, end = file.span(leaf)
    name = text_of(leaf)
    message = f"`{name}` was left from the line above: all else there was changed, as to `{meant}`."
    related = Related(*file.span(first), "this was probably copied")
    return Suspicion(RULE, start, end, message, ("E3",), Edit(start, end, meant), (related,))
