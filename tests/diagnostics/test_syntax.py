"""Syntax errors: where they are found, what is offered, and when there is silence."""

import sys

import pytest
from slm_context.syntax import parse

from slm_lsp.diagnostics.fixes import repairs_of, with_fixes
from slm_lsp.diagnostics.python_versions import is_newer
from slm_lsp.diagnostics.syntax import check_syntax, wrong_lines
from slm_lsp.diagnostics.trust import NEWER
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


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("typescript", "interface Effect<out A, out E = never> {\n  a: A;\n}\n"),
        ("typescript", "interface State<in out T> {\n  set: (v: T) => void;\n}\n"),
        ("typescript", "type X<\n  in A,\n  out B extends C,\n> = A;\n"),
        ("tsx", "class A {\n  @f(1) static accessor x = <p />;\n}\n"),
        ("typescript", "class A { static accessor #z: number; accessor [k] = 1 }\n"),
        ("typescript", 'import defer * as ns from "x";\n'),
        ("typescript", "for (using x of y) {}\n"),
        ("typescript", "const s = String.raw`C:\\users\n\\xerxes`;\n"),
        ("javascript", "const s = latex`\\begin{a}\n\\unicode`;\n"),
        (
            "typescript",
            "interface A {\n  (a: B): C<D>\n  // why\n  <\n    T extends E,\n  >(b: T): F\n}\n",
        ),
        ("typescript", "type A = {\n  <T>(a: T): [T]\n  <T = B>(): [T | C]\n}\n"),
        ("tsx", "interface A {\n  (a: B): C<D>\n  <T>(b: T): E\n}\n"),
        ("typescript", "interface A {\n  a?: B<C>\n  in?: B<C>\n}\n"),
        ("typescript", "class A {\n  a: B\n  in = 1\n}\n"),
        ("javascript", "class A {\n  a\n  in\n}\n"),
        ("typescript", "class A {\n  a: B\n  in(b: C[]): this {\n    d(b)\n  }\n}\n"),
        ("typescript", "class A {\n  a: () => B\n\n  *c<D>(d: D): E {\n    yield d\n  }\n}\n"),
        ("typescript", "class A<T> {\n  a?: T[]\n  *[Symbol.iterator]() { yield 1 }\n}\n"),
        ("tsx", "class A {\n  a!: B<C>\n  instanceof = 1\n}\n"),
        ("javascript", "class A {\n  a\n  in = 1\n}\n"),
        ("javascript", "class A {\n  static a\n  *#b() {\n    yield 1\n  }\n}\n"),
        ("javascript", 'const a = <div class="x">y</div>;\n'),
        (
            "javascript",
            "const a = (\n  <label\n    for={x}\n    class='y'\n  >\n    z\n  </label>\n);\n",
        ),
        ("javascript", "class A { @dec accessor x = 1; }\n"),
        ("javascript", "const a = <p>a & b && c</p>;\n"),
        ("javascript", "const a = (\n  <p title='x'>\n    R&D <b>x</b>\n  </p>\n);\n"),
        ("javascript", 'import j from "./x.json" assert { type: "json" };\n'),
        ("javascript", 'export v from "mod";\n'),
        ("javascript", "// @flow\nconst f = (x: number): string => `${x}`;\n"),
        ("javascript", "import type { Node } from 'react';\n"),
        ("rust", 'unsafe extern "C" {\n    pub safe fn sqrt(x: f64) -> f64;\n}\n'),
        ("rust", 'unsafe extern "C" { safe static X: i32; }\n'),
        ("rust", "impl const Default for X {}\nunsafe auto trait A {}\n"),
        ("java", "class P extends N {\n  P(int v) {\n    f(v);\n    super(v);\n  }\n}\n"),
        ("java", "class P {\n  P(int v) {\n    f();\n    // a\n    // b\n    this();\n  }\n}\n"),
        ("java", "import module java.base;\nclass A {}\n"),
        ("php", "<?php\n(void) f();\n"),
        ("scala", "def f = x match {\n  case C(extension) => extension\n  case _ => 1\n}\n"),
        ("scala", "val a = f(using, 1)\n"),
        ("php", "<?php\n$f = fn() => (void) f();\n"),
    ],
)
def test_code_that_is_newer_than_its_grammar_is_left_alone(language: str, text: str) -> None:
    tree = parse(text, language)
    assert tree is not None and tree.has_errors, "the grammar has learned it: take it out"
    assert check_syntax(tree).findings == ()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("typescript", "for (const k\n  in a) {\n  f(1;\n}\n"),
        ("typescript", "class A {\n  a = 1\n  *b() {}\n}\n"),
        ("typescript", "class A {\n  a: B;\n  *b() {}\n}\nlet x = f(1;\n"),
        ("typescript", "/**\n * as in\n * f(a) {\n */\nlet x = f(1;\n"),
        ("javascript", "if (a\n    * b(c)\n    in (d)) {\n  f(1;\n}\n"),
        ("typescript", "interface A {\n  a: B;\n  <T>(b: T): C;\n}\nlet x = f(1;\n"),
        ("javascript", "const a = <div className='x' data-class='y'>{f(1}</div>;\n"),
        ("tsx", "const a = (\n  <A>\n    <B ={1} />\n  </A>\n);\n"),
        ("typescript", "// (using a, accessor of b)\nlet x = f(1;\n"),
        ("javascript", "const a = <p>a &amp; {b && c}</p>;\nlet x = f(1;\n"),
        ("javascript", "const a = <A b={() => c && <d/>} />;\nlet x = f(1;\n"),
        ("javascript", "if (a < b && c > d && e) {\n  f(1;\n}\n"),
        ("javascript", "const r = /<>]=?|&&?|[=<>{]/;\nlet x = f(1;\n"),
        ("javascript", "const s = `\\u0041 ${f(1}`;\n"),
        ("rust", "/// an auto trait, and a safe fn\nunsafe fn f() { g(1; }\n"),
        ("rust", "impl<const N: usize> A for B<N> { fn f() { g(1; } }\n"),
        ("scala", "extension (a: A)\n  def f = g(1\nval b = f(using c)\n"),
        ("php", "<?php\nf(1 // (void) f()\n;\n"),
        ("java", "class P extends N {\n  P(int v) {\n    super(v;\n  }\n}\n"),
        ("java", "class P {\n  P() {\n    this(1)\n  }\n  P(int x) {}\n}\n"),
    ],
)
def test_what_only_looks_newer_is_checked(language: str, text: str) -> None:
    tree = parse(text, language)
    assert tree is not None
    assert check_syntax(tree).findings


@pytest.mark.parametrize("language", sorted(NEWER))
def test_blank_lines_are_read_once(language: str) -> None:
    """A pattern that goes over line ends from each line's start takes hours for these."""
    assert NEWER[language].search("\n" * 300_000) is None


# Each since the version of Python that it stands below.
NEWER_PYTHON = {
    (3, 12): [
        "type Pair[T] = tuple[T, T]\n",
        "type Name = str\n",
        "class A:\n    async def f[T](self, x: T): pass\n",
        'x = f"{x.y(\n    1,\n)}"\n',
        "x = f'{a['b']}'\n",
        'x = f"{f("(")}"\n',
        "x = f\"{'\\n'.join(a)}\"\n",
        "x = f'''{\n  a  # why\n}'''\n",
    ],
    (3, 13): [
        "def f[T = str](x: T): pass\n",
        "class A[T: int = bool, *Ts = *tuple[int], **P = [int]]: pass\n",
        "type A[\n    T: dict[str, int] = X,\n] = list[T]\n",
    ],
    (3, 14): [
        "x = t'a {b}'\n",
        "try:\n    pass\nexcept A, B:\n    pass\n",
    ],
    (3, 15): [
        "lazy import x\n",
        "lazy from x import y\n",
        "z = [*x for x in y]\n",
        "z = {**x for x in f(y)}\n",
    ],
}
OLD_PYTHON = [
    "x = f\"{a['b']!r:#06x} {b:{c}}\" + f'''{a[\n1]} \\n #''' + rf'\\d{x}'\n",
    "def f(x): return type(x)[0]\nclass A(B[T], metaclass=C): pass\n",
    "try:\n    pass\nexcept (A, B): x['t'], 'at', \"t\"\n",
    "print(*[r for r in x], {**{a: b for a in x}})\n",
    "x = \"can't\" + 'a \"t\"' + r't'\n",
    "lazy = imports = [x for x in [*y] if f(*x, **z)]\ntype = lazy\n",
]


@pytest.mark.parametrize(
    ("since", "text"), [(since, one) for since, texts in NEWER_PYTHON.items() for one in texts]
)
def test_python_that_is_newer_than_ours_is_left_alone(since: tuple[int, int], text: str) -> None:
    tree, more = parse(text, "python"), parse(f"{text}\nx = 5 6\n", "python")
    assert tree is not None and more is not None
    assert is_newer(tree, (since[0], since[1] - 1)) and not is_newer(tree, since)
    assert check_syntax(tree).findings == ()
    if sys.version_info < since:
        assert check_syntax(more).findings == ()
    else:
        assert check_syntax(more).findings


@pytest.mark.parametrize("text", OLD_PYTHON)
def test_python_that_every_version_knows_is_checked(text: str) -> None:
    tree, more = parse(text, "python"), parse(f"{text}\nx = 5 6\n", "python")
    assert tree is not None and more is not None
    assert not is_newer(tree, (3, 11))
    assert check_syntax(tree).findings == () and check_syntax(more).findings


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
