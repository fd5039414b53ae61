"""Which drafts break the file for sure, told before they are parsed.

Most trials fail, and a parse that fails may read to the file's end: 10 ms in a long one. What is
copied into an open call leaves it open, and what goes on in an open string leaves that open. None
of this is a guess: what is told here is what the parse would say.
"""

from dataclasses import dataclass
from posixpath import commonprefix

from slm_context.syntax import PROSE, STRING_TOKEN, SyntaxTree
from slm_context.trees import tree_without_line

from slm_lsp.completion.postprocess.brackets import surely_unmatched
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

# Outside of strings and comments each bracket has its other half, wherever these parse: there is
# no text between tags, no macro and no `case` of a shell.
BRACKETS_MATCH = frozenset({"python", "go", "java", "typescript"})


@dataclass(frozen=True, slots=True)
class OpenString:
    """A text that broke the file, and that ends in a string which goes on behind it."""

    text: str
    n_replaced: int
    start: int  # of what the string holds, in code points from the cursor


def breaks_surely(draft: Draft, around: InsertionPoint) -> bool:
    """Whether the file would have an error more than it has without the cursor's line."""
    document = around.document
    line = document.line_prefix + draft.text + document.line_suffix[draft.n_replaced :]
    if surely_unmatched(line) and around.once(brackets_tell):
        return True
    return any(_goes_on(one, draft) for one in around.once(_open_strings))


def learn(draft: Draft, spliced: SyntaxTree, around: InsertionPoint) -> None:
    """`draft` breaks the file: where it ends in a string, so does what goes on in that string."""
    cursor = around.document.offset
    token = spliced.node_at(cursor + len(draft.text))
    if STRING_TOKEN.search(token.type) and not token.child_count:
        start, _ = spliced.span(token)
        found = OpenString(draft.text, draft.n_replaced, start - cursor)
        around.once(_open_strings).append(found)


def brackets_tell(around: InsertionPoint) -> bool:
    """Whether brackets that do not match on the cursor's line are an error for sure.

    The rest of the file parses, so its brackets match; and the line begins in code.
    """
    without = without_line(around)
    if around.document.language not in BRACKETS_MATCH or without.has_errors:
        return False
    kinds = (node.type for node in without.ancestors(around.document.line_start))
    return not any("string" in kind or "comment" in kind for kind in kinds)


def without_line(around: InsertionPoint) -> SyntaxTree:
    """The file without the cursor's line."""
    return around.once(_without_line)


def _without_line(around: InsertionPoint) -> SyntaxTree:
    assert around.tree is not None, "only what has a grammar is parsed"
    document = around.document
    end = document.offset + len(document.line_suffix)
    text = document.text[: document.line_start] + document.text[end:]
    return tree_without_line(around.tree, text, document.path)


def _open_strings(around: InsertionPoint) -> list[OpenString]:
    return []


def _goes_on(broken: OpenString, draft: Draft) -> bool:
    """Whether `draft` is told from what broke the file only by prose in the same string.

    Then the parser sees the same tokens, of which one has another length.
    """
    n_same = len(commonprefix((broken.text, draft.text)))
    return (
        draft.n_replaced == broken.n_replaced
        and n_same > broken.start
        and PROSE.fullmatch(broken.text, n_same) is not None
        and PROSE.fullmatch(draft.text, n_same) is not None
    )
