"""What is broken in a file, by a fresh parse. Shares no code with the filters it checks."""

from slm_context.languages import grammar
from tree_sitter import Parser, Tree

OPENERS = {")": "(", "]": "[", "}": "{"}


def _parse(text: str, language: str) -> Tree:
    found = grammar(language)
    assert found is not None, f"no grammar for {language}"
    return Parser(found).parse(text.encode("utf-8", "replace"))


def n_errors(text: str, language: str) -> int:
    """All ERROR and MISSING nodes of a fresh parse; a hidden one shows in its parent alone."""
    root = _parse(text, language).root_node
    pending, count = [root] if root.has_error else [], 0
    while pending:
        node = pending.pop()
        broken = [child for child in node.children if child.has_error or child.is_missing]
        if node.is_error or node.is_missing or not broken:
            count += 1
        pending.extend(broken)
    return count


def n_unopened(text: str, language: str) -> int:
    """Closing brackets, as tokens of the language, that close nothing."""
    open_brackets: list[str] = []
    count = 0
    cursor = _parse(text, language).walk()
    while True:
        # Of a bracket's token the kind is its text, which may hold more: `${`, `]]`.
        kind = "" if cursor.node.is_named or cursor.node.is_missing else cursor.node.type
        for sign in kind:
            if sign in OPENERS.values():
                open_brackets.append(sign)
            elif sign in OPENERS and open_brackets and open_brackets[-1] == OPENERS[sign]:
                open_brackets.pop()
            else:
                count += sign in OPENERS
        if cursor.goto_first_child() or cursor.goto_next_sibling():
            continue
        while cursor.goto_parent():
            if cursor.goto_next_sibling():
                break
        else:
            return count
