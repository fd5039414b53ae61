"""Syntax errors: where they are found, what is offered, and when there is silence."""

import pytest
from slm_context.syntax import parse

from slm_lsp.diagnostics.syntax import (
    check_syntax,
    repairs_of,
    with_fixes,
    wrong_lines,
)
from tests.support.markup import inserted


def check(language: str, marked: str) -> tuple[str, list[str]]:
    """`├…┤` holds what is missing. Gives the broken line and the first fix's texts."""
    before, missing, after = inserted(marked)
    tree = parse(before + after, language)
    assert tree is not None
    report = check_syntax(tree)
    assert report.findings, "nothing was found"
    repairs = [one for one in repairs_of(tree, report.findings[0], report.unbalanced) if one]
    finding = with_fixes(tree.text, report.findings[0], repairs)
    assert 1 <= len(finding.fixes) <= 2
    line = tree.text.count("\n", 0, finding.start)
    assert line == before.count("\n"), f"found on line {line}: {finding.message}"
    return before + missing + after, [fix.edit.apply(tree.text) for fix in finding.fixes]


@pytest.mark.parametrize(
    ("language", "marked"),
    [
        ("python", "def f(a, b):\n    return g(a, b├)┤\n"),
        ("python", "def f(a, b)├:┤\n    return a\n"),
        ("python", "x = [1, 2, 3├]┤\ny = 2\n"),
        ("python", "if a == 1├:┤\n    pass\nelse:\n    pass\n"),
        ("python", "x = {'a': 1├,┤ 'b': 2}\n"),
        ("go", "package a\n\nfunc f(a int├)┤ int {\n\treturn a\n}\n"),
        ("javascript", "const a = [1, 2├,┤ 3];\nlet b = 1;\n"),
        ("javascript", "function f(a├)┤ {\n  return a;\n}\n"),
        ("java", "class A {\n  int f() {\n    return g(1)├;┤\n  }\n}\n"),
        ("typescript", "const a: number = f(1├)┤;\nlet b = 1;\n"),
        ("tsx", "const a = <p>{f(1├)┤}</p>;\n"),
        ("php", "<?php\nfunction f($a) {\n    return g($a├)┤;\n}\n"),
        ("lua", "local x = f(1├)┤\nlocal y = 2\n"),
        ("cpp", "int f(int a) {\n  return g(a├)┤;\n}\n"),
        ("csharp", "class A {\n    int F() {\n        return G(1├)┤;\n    }\n}\n"),
        ("kotlin", "fun f(a: Int): Int {\n    return g(a├)┤\n}\n"),
        ("rust", "fn f() -> i32 {\n    let x = g(1├)┤;\n    x\n}\n"),
    ],
)
def test_a_missing_token_is_found_on_its_line_and_put_back(language: str, marked: str) -> None:
    whole, fixed = check(language, marked)
    assert whole in fixed


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "def f():\n    return 1\n"),
        ("python", "match x:\n    case {'a': [1, *_]}:\n        pass\n"),
        ("typescript", 'export type * from "./types.ts";\n'),
        ("cpp", 'TEST_CASE("a")\n{\n    CHECK(x);\n    SECTION("b")\n    {\n    }\n}\n'),
        ("c", "#ifdef A\nstatic X y[] = {\n#else\nstatic Z y[] = {\n#endif\n  1\n};\n"),
        ("cpp", "#define BEGIN namespace a \\\n{\n#define END }\nBEGIN\nint x;\nEND\n"),
        ("cpp", "namespace a {\ntemplate <class A>\nMACRO()\nint f(\n    int b) {\n}\n}\n"),
        ("c", '#if 0\n}\n#endif\n#ifdef __cplusplus\nextern "C" {\n#endif\nMACRO(x) y\n'),
        ("csharp", 'class A { void M() { s = $@"""{x}"""; t = """\n}\n"""; } }\n'),
        (
            "kotlin",
            'fun f() { g("${x.r("\\"", "{")} @Synchronized open(a)") }\nval in1 = open fun\n',
        ),
        ("swift", "var r: R {\n    /^]: (a)$/\n}\nlet x = #error(a)\n"),
        ("rust", 'fn f() { g(str![["a"]]); }\n'),
        ("javascript", 'import source x from "./x.wasm";\n'),
        ("javascript", "{% if a %}\nlet a = 1;\n{% endif %}\n"),
        ("tsx", "const a = <p>save & go</p>;\n"),
        ("ruby", "x = { :$; => %i[a b], :$, => 1 }\n"),
        ("go", "package a\n\nvar x = new(f(1))\n"),
        ("go", "package a\n\nfunc f[T any](x T) T { return x }\n"),
    ],
)
def test_valid_code_is_left_alone(language: str, text: str) -> None:
    tree = parse(text, language)
    assert tree is not None
    assert check_syntax(tree).findings == ()


def test_syntax_newer_than_our_interpreter_is_not_an_error() -> None:
    # The grammar accepts it, and CPython 3.11's complaint about it depends on its version.
    tree = parse("type Pair[T] = tuple[T, T]\n", "python")
    assert tree is not None
    assert check_syntax(tree).findings == ()


def test_what_was_wrong_when_a_file_was_opened_is_forgiven_where_the_grammar_is_not_trusted() -> (
    None
):
    text = "int f() {\n  MACRO({ x )\n}\n"
    tree = parse(text, "c")
    assert tree is not None
    opened = wrong_lines(tree)
    assert all(
        tree.text.splitlines()[tree.text.count("\n", 0, one.start)].strip() not in opened
        for one in check_syntax(tree, opened).findings
    )
