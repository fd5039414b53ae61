"""Small models fall into loops: the same piece again and again."""

import re
from dataclasses import replace

from slm_context.syntax import Place

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

# A piece of 3 or more characters five times in a row, or of 12 or more three times.
LOOP = re.compile(r"(.{3,}?)\1{4,}|(.{12,}?)\2{2,}", re.S)
# Rules in comments and tables of numbers repeat for a reason.
ORNAMENT = re.compile(r"[\s\-=#*_./\\|+~0,]*")
# In a comment, a word twice in a row. A name, a path or an option may go on as the word before it.
TWICE = re.compile(r"(?<![^\s*/(])([^\W\d_]{3,}) \1(?=[\s,;:!?)]|\.(?!\w)|$)")
# What is written twice for a reason, in code that a comment quotes or in prose.
_DOUBLED = frozenset("that had long very many das der die nous vous".split())
# Behind a tag a name and what is said of it begin alike, and a comment may end within its line.
_TAG = re.compile(r"[@\\]\w|\*/")


def cut_repetition(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Keep what stands before the loop, to its line's end; a line that loops is no suggestion.

    Of a word that is written twice the first one stays.
    """
    if around.once(_in_comment):
        draft = _without_second(draft, around)
    loops = ((match.start(), match[1] or match[2]) for match in LOOP.finditer(draft.text))
    start, piece = next((one for one in loops if not ORNAMENT.fullmatch(one[1])), (0, ""))
    if not piece:
        return draft
    # A loop of lines may begin behind the last letters of a line that is sound itself.
    kept = draft.text[: start + max(0, piece.find("\n"))]
    return replace(draft, text=kept) if kept.strip() else None


def _in_comment(around: InsertionPoint) -> bool:
    tree = around.tree
    return tree is not None and tree.place(around.document.offset) is Place.COMMENT


def _without_second(draft: Draft, around: InsertionPoint) -> Draft:
    document = around.document
    first, more, _ = draft.text.partition("\n")
    n_before, end = len(document.line_prefix), len(document.line_prefix) + len(first)
    # The word may go on behind the suggestion.
    tail = "" if more else document.line_suffix[draft.n_replaced :]
    line = document.line_prefix + first + tail
    for match in TWICE.finditer(line):
        before = line[: match.start()]
        if n_before < match.end() <= end and match[1].islower() and match[1] not in _DOUBLED:
            if not _TAG.search(before) and before.count("`") % 2 == 0:
                return replace(draft, text=line[n_before : match.end(1)])
    return draft
