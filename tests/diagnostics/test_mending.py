"""Which edits are believed to take a mistake away."""

import pytest
from slm_context.syntax import SyntaxTree, parse

from slm_lsp.diagnostics.fixes import first_repairs, with_fixes
from slm_lsp.diagnostics.mending import mends
from slm_lsp.diagnostics.syntax import check_syntax
from slm_lsp.diagnostics.types import Edit

TWO = """package a

func f(x int) int {
	return g(x
}

func h(x int) int {
	return x
}

func k(x int) int {
	return g[x
}
"""
# A block that ends the file (from fzf): without a line end behind it, the grammar is content with
# neither `)`, and shows no node that is wrong.
CONST = """package fzf

const (
	ExitOk     = 0
	ExitBecome = 126
	ExitInterrupt = 130
)
"""
# One `(` less (from Koa) is four mistakes to the parser, and makes the next block look wrong.
DESCRIBE = """const assert = require('node:assert/strict')

describe('ctx.path', () => {
  it├(┤'should return the pathname', () => {
    const ctx = context()
    assert.strictEqual(ctx.path, '/login')
  })
})

describe('ctx.path=', () => {
  it('should set the pathname', () => {
    const ctx = context()
    assert.strictEqual(ctx.path, '/logout')
  })
})
"""
PHP = """<?php

function f($a)
{
    return g($a;
}

function h($a)
{
    return g[$a;
}
"""


def edit_of(text: str, old: str, new: str) -> Edit:
    start = text.index(old)
    return Edit(start, start + len(old), new)


def tree_of(text: str, language: str) -> SyntaxTree:
    tree = parse(text, language)
    assert tree is not None
    return tree


def offered(text: str, language: str) -> list[str]:
    """The text after each fix that is offered for the first finding."""
    tree = tree_of(text, language)
    report = check_syntax(tree)
    finding = report.findings[0]
    finding = with_fixes(text, finding, first_repairs(tree, finding, report.unbalanced, 20.0))
    return [fix.edit.apply(text) for fix in finding.fixes]


@pytest.mark.parametrize(
    ("old", "new", "accepted"),
    [
        ("g(x", "g(x)", True),
        ("g(x", "g(x]", False),
        ("g(x", "gx", True),
        ("g[x", "g[x]", False),  # another mistake than the one that was found
        ("func h", "func  h", False),
    ],
)
def test_one_of_two_mistakes_is_mended_when_its_function_stands(
    old: str, new: str, accepted: bool
) -> None:
    tree = tree_of(TWO, "go")
    assert mends(tree, check_syntax(tree).findings[0])(edit_of(TWO, old, new)) is accepted


def test_one_of_two_mistakes_is_mended_in_php_as_well() -> None:
    tree = tree_of(PHP, "php")
    accepts = mends(tree, check_syntax(tree).findings[0])
    assert accepts(edit_of(PHP, "g($a", "g($a)"))
    assert not accepts(edit_of(PHP, "g($a", "g($a]"))


def test_one_of_two_mistakes_is_mended_in_python_as_well() -> None:
    text = "def f(a):\n    return g(a\n\n\ndef h(a)\n    return a\n"
    tree = tree_of(text, "python")
    accepts = mends(tree, check_syntax(tree).findings[0])
    assert accepts(edit_of(text, "g(a", "g(a)"))
    assert not accepts(edit_of(text, "h(a)", "h(a):"))
    assert not accepts(edit_of(text, "g(a", "g a"))


def test_a_mistake_without_a_node_is_one() -> None:
    text = CONST.replace(")\n", "\n")
    whole, at_end, wrong = text + ")\n", text + ")", text.replace("126", "126)")
    tree = tree_of(text, "go")
    assert not tree_of(at_end, "go").errors() and tree_of(at_end, "go").has_errors
    accepts = mends(tree, check_syntax(tree).findings[0])
    assert accepts(Edit(len(text), len(text), ")\n"))
    assert not accepts(Edit(len(text), len(text), ")"))
    assert not accepts(edit_of(text, "126", "126)"))
    fixes = offered(text, "go")
    assert "".join(fixes[0].split()) == "".join(whole.split())
    assert wrong not in fixes and not any(tree_of(one, "go").has_errors for one in fixes)


def test_a_text_that_ended_without_a_line_end_may_still_do_so() -> None:
    text = CONST.rstrip(")\n")
    tree = tree_of(text, "go")
    assert mends(tree, check_syntax(tree).findings[0])(Edit(len(text), len(text), "\n)"))


def test_an_echo_in_the_next_block_is_no_mistake_of_its_own() -> None:
    text = DESCRIBE.replace("├(┤", "")
    tree = tree_of(text, "javascript")
    accepts = mends(tree, check_syntax(tree).findings[0])
    assert accepts(edit_of(text, "it'", "it('"))
    # Three mistakes instead of four, and the place where the parser stumbled has moved.
    assert not accepts(edit_of(text, "assert.strictEqual", ".strictEqual"))
    assert not accepts(edit_of(text, "    assert.strictEqual(ctx.path, '/login')\n", ""))
    for one in offered(text, "javascript"):
        assert not tree_of(one, "javascript").has_errors
