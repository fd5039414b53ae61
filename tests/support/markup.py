"""The field's markup for cursors in text: `█` is the cursor, `├…┤` is inserted text."""

from slm_context.cursor import DocumentContext
from slm_context.languages import language_for


def cursor(marked: str) -> tuple[str, int]:
    """`"ab█c"` → `("abc", 2)`. Exactly one cursor, or an error."""
    assert marked.count("█") == 1, f"expected one █ in {marked!r}"
    offset = marked.index("█")
    return marked.replace("█", ""), offset


def inserted(marked: str) -> tuple[str, str, str]:
    """`"a├b┤c"` → `("a", "b", "c")`: before, inserted, after."""
    assert marked.count("├") == marked.count("┤") == 1, f"expected one ├…┤ in {marked!r}"
    before, rest = marked.split("├")
    middle, after = rest.split("┤")
    return before, middle, after


def document_at(marked: str, path: str = "a.py") -> DocumentContext:
    """A file with its cursor, in the language that its name says."""
    text, offset = cursor(marked)
    return DocumentContext(path, language_for(path), text, offset)
