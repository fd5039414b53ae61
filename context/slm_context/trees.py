"""The tree of each file that is being worked on: one, however many ask for it.

A tree takes some forty times the memory of its text, and completion, diagnostics and context all
want the one of what is on the screen. As typing goes on, only what changed is parsed.
"""

from slm_context.remembered import Remembered
from slm_context.syntax import SyntaxTree, parse

# Of texts whose trees are kept: a dozen files of usual length, in some 11 MB of trees.
MAX_CHARS = 250_000

_TREES: Remembered[str, SyntaxTree] = Remembered(MAX_CHARS)
# These share with the others what is above and below the line.
_WITHOUT_LINE: Remembered[str, SyntaxTree] = Remembered(MAX_CHARS)


def tree_of(text: str, language: str, path: str) -> SyntaxTree | None:
    """The tree of `text`, which is what `path` is now; None where the language has no grammar.

    Two files may be called alike: that costs the time to parse all of it, and nothing else.
    """
    known = _TREES.get(path)
    if known is not None and known.language == language and known.text == text:
        return known
    tree = parse(text, language, known)
    if tree is not None:
        _TREES.put(path, tree, len(text))
    return tree


def tree_without_line(tree: SyntaxTree, text: str, path: str) -> SyntaxTree:
    """The tree of `text`: that of `tree`, the file at `path`, without the line being typed on.

    It stays as it is from key to key.
    """
    known = _WITHOUT_LINE.get(path)
    if known is not None and known.language == tree.language and known.text == text:
        return known
    without = tree.edited(text)
    _WITHOUT_LINE.put(path, without, len(text))
    return without
