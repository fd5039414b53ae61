"""Whether an edit takes a mistake away.

Nothing is offered after which the mistake is still there, or a new one.
"""

import re
from collections.abc import Callable

from slm_context.syntax import SyntaxTree, parse

from slm_lsp.diagnostics.python_verdict import python_verdict
from slm_lsp.diagnostics.types import Edit, Finding

# A line without indentation, after an empty one, that does not close anything.
BLOCK_START = re.compile(r"(?:\A|\n[ \t\r]*\n)[^\s)\]}]")
# Without it, what stands below is no code but text.
OPENING = {"php": "<?php\n"}
# No edit makes text of code, where nothing can be wrong.
TAGS = {"php": ("<?", "?>")}

Block = tuple[int, int]


def mends(tree: SyntaxTree, finding: Finding) -> Callable[[Edit], bool]:
    """Accepts edits after which nothing is wrong any more where `finding` stands.

    That is the whole text, by the same verdict that found the mistake. Or, where other mistakes are
    left, the block without indentation that holds the finding and the edit: it was wrong by itself
    and no longer is, and what is left stands in blocks that are wrong by themselves.
    """
    text, language = tree.text, tree.language
    n_before = max(len(tree.errors()), 1)
    start, end = _block(text, finding.start)
    # A text may end without a line end, whatever a grammar thinks; but no edit may end it so.
    tail = "" if text.endswith(("\n", "\r")) else "\n"

    def accepts(edit: Edit) -> bool:
        fixed = edit.apply(text)
        if any(fixed.count(tag) != text.count(tag) for tag in TAGS.get(language, ())):
            return False
        after = tree.edited(fixed + tail)
        faults = [one.start for one in after.errors()]
        if language != "python":
            # An error may have no node: then nobody can say where it is.
            return not after.has_errors or (bool(faults) and only_outside(edit, fixed, faults))
        # Compiling takes longer than parsing: only where the grammar sees less than before.
        if len(faults) < n_before and python_verdict(fixed) is None:
            return True
        return only_outside(edit, fixed, faults)

    def only_outside(edit: Edit, fixed: str, faults: list[int]) -> bool:
        here = start, end + len(fixed) - len(text)
        if not start <= edit.start <= edit.end <= end:
            return False
        if any(here[0] <= one < here[1] for one in faults):
            return False
        if _stands(text, (start, end), language) or not _stands(fixed, here, language):
            return False
        if language == "python":
            verdict = python_verdict(fixed)
            faults = [verdict.start] if verdict is not None else []
        others = {_block(fixed, one) for one in faults}
        return here not in others and not any(_stands(fixed, one, language) for one in others)

    return accepts


def _stands(text: str, block: Block, language: str) -> bool:
    """Whether a block is right by itself."""
    code = text[block[0] : block[1]]
    if language == "python":
        return python_verdict(code) is None
    opening = OPENING.get(language, "")
    tree = parse(("" if code.startswith(opening.strip()) else opening) + code + "\n", language)
    return tree is not None and not tree.has_errors


def _block(text: str, offset: int) -> Block:
    """From the last line above that begins without indentation after an empty one, to the next."""
    starts = [match.end() - 1 for match in BLOCK_START.finditer(text)]
    start = max((one for one in starts if one <= offset), default=0)
    return start, min((one for one in starts if one > offset), default=len(text))
