"""What is typed in a string moves what stands behind it, and changes nothing else in the tree."""

import pytest
from slm_context.syntax import SyntaxTree, parse
from tree_sitter import Node

TEXTS = {
    "python": 'def f(x):\n    """Like (that,\n    é of."""\n    return f"a {x} b" + "c\\n d"\n',
    "go": 'func f() string {\n\treturn "a (b" + `c\n\td`\n}\n',
    "java": 'class A { String s = "a b" + "c\\nd"; }\n',
    "typescript": "const s = 'a b' + `c ${d} e\n f`\n",
    "rust": 'fn f() -> String { format!("a {} b", "c") }\n',
    "c": 'char *s = "a b" "c";\n',
    "bash": 's="a b $c d"\n',
    "php": "<?php $s = \"a b $c d\" . 'e f';\n",
    "ruby": 's = "a b #{c} d"\n',
    "csharp": 'class A { string s = "a b" + $"c {d} e"; }\n',
    "kotlin": 'val s = "a b $c d"\n',
    "scala": 'val s = "a b"\n',
    "lua": 's = "a b" .. [[c d]]\n',
}


def told(tree: SyntaxTree) -> list[tuple[str, int, int, bool]]:
    """All nodes in text order."""
    found: list[tuple[str, int, int, bool]] = []
    pending: list[Node] = [tree.root]
    while pending:
        node = pending.pop()
        found.append((node.type, *tree.span(node), node.is_missing))
        pending.extend(reversed(node.children))
    return found


@pytest.mark.parametrize("language", TEXTS)
def test_prose_in_a_string_is_not_parsed_again(language: str) -> None:
    text, n_told = TEXTS[language], 0
    tree = parse(text, language)
    assert tree is not None and not tree.has_errors
    for offset in range(len(text) + 1):
        for typed in ("x", " ü", "):", "(a, b", "n't", "`x`", '"'):
            now = text[:offset] + typed + text[offset:]
            with_prose = tree.with_prose(now)
            if with_prose is not None:
                parsed = parse(now, language)
                assert parsed is not None
                assert told(with_prose) == told(parsed), now
                n_told += 1
    # Where the grammar has no token for what stands between quotes, nothing can be told.
    assert (n_told > 0) == (language != "scala")


def test_strings_that_are_still_open_go_on() -> None:
    text = 'x = """a b\ny = """c"""\n'
    tree = parse(text, "python")
    assert tree is not None and tree.has_errors
    again = tree.with_prose(text.replace("a b", "a bc"))
    assert again is not None and again.has_errors
    assert again.with_prose(text.replace("a b", "a bcd (e")) is not None


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("ruby", "x = %w[abc\n", "x = %w[abc]\n"),
        ("ruby", "x = %w[abc]\n", "x = %w[abc] def]\n"),
        ("ruby", "x = %q(abc)\n", "x = %q(abc) d)\n"),
        ("lua", "x = [[abc]]\n", "x = [[abc]] d]]\n"),
        ("cpp", 'auto x = R"(a b)";\n', 'auto x = R"(a)" b)";\n'),
        ("cpp", "auto x = f(\"it\\'s ok;\n", 'auto x = f("it\\\'s ok");\n'),
        ("typescript", 'const x = `a\\"b`;\n', 'const x = `a\\"b` c`;\n'),
        ("php", "<?php $s = <<<EOT\nabc\nEO\n", "<?php $s = <<<EOT\nabc\nEOT\n"),
    ],
)
def test_what_may_end_a_string_is_parsed(language: str, before: str, after: str) -> None:
    tree, parsed = parse(before, language), parse(after, language)
    assert tree is not None and parsed is not None
    with_prose = tree.with_prose(after)
    assert with_prose is None or told(with_prose) == told(parsed)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('x = "a b"', 'x = "a "b"'),
        ('x = "a b"', 'x = "a {b"'),
        ('x = "a b"', 'x = "a \\\\b"'),
        ('x = "a b"', 'x = "a \nb"'),
        ('x = "a b"', 'xy = "a b"'),
        ('x = "a b"', 'x = "ca b"'),  # at the quote
        ("x = ab", "x = acb"),
    ],
)
def test_what_is_no_prose_is_parsed(before: str, after: str) -> None:
    tree = parse(before, "python")
    assert tree is not None
    assert tree.with_prose(after) is None
