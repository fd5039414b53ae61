"""What each language defines and imports, by our own queries."""

import pytest
from slm_context.imports import Import
from slm_context.languages import LANGUAGES, grammar
from slm_context.stems import stems
from slm_context.syntax import ENDED_BY_CR, parse
from slm_context.tags import tags_of

CASES = {
    "python": (
        "import os.path as p\nfrom ..a import b as c, d\n\n"
        'LIMIT = 3\n\n\n@cached\ndef f(x):\n    """Say."""'
        "\n\n\nclass A(B):\n    def m(self): ...\n\n    @property\n    def n(self): ...\n",
        ["constant LIMIT", "function f", "class A", "method A.m", "method A.n"],
        [Import("os.path", (("p", ""),)), Import("..a", (("c", "b"), ("d", "d")))],
    ),
    "javascript": (
        "import A, { b as c } from './x.js';\nconst d = require('./y');\nexport const E = 1;\n"
        "function f(a) {}\nclass G { h() {} }\n"
        "const i = { j() {}, k: function (n) {}, l: (m) => m }\ncall({ n: () => 1 })\n"
        "exports.o = 1\nmodule.exports.p = f\nmodule.exports = { q: () => 2 }\n"
        "R.prototype.s = function () {}\nR.prototype = { t: () => 3 }\n",
        ["constant d", "constant E", "function f", "class G", "method G.h", "constant i"]
        + ["method i.j", "method i.k", "method i.l", "constant o", "constant p", "method q"]
        + ["method R.s", "method R.t"],
        [Import("./x.js", (("A", ""), ("c", "b"))), Import("./y", (("d", ""),))],
    ),
    "typescript": (
        "import type { A } from '@/a';\nexport interface B { c(): void }\ntype D = string;\n"
        "export abstract class E { f(): number { return 1 } }\nenum G { H }\n",
        ["class B", "method B.c", "type D", "class E", "method E.f", "class G", "field G.H"],
        [Import("@/a", (("A", "A"),))],
    ),
    "go": (
        'package a\n\nimport (\n\t"fmt"\n\tj "encoding/json"\n'
        ")\n\nconst X = 1\n\ntype T struct{ N int }\n\n"
        "func (t *T) M() {}\n\nfunc F(t T) int { return 1 }\n",
        ["constant X", "class T", "field T.N", "method T.M", "function F"],
        [Import("fmt", (("fmt", ""),)), Import("encoding/json", (("j", ""),))],
    ),
    "rust": (
        "use crate::a::{b, C as D};\nuse super::e::F;\nconst X: u8 = 1;\npub struct S { n: u8 }\n"
        "impl S { pub fn m(&self) {} }\ntrait T { fn g(&self); }\nmacro_rules! h { () => {} }\n",
        [
            "constant X",
            "class S",
            "field S.n",
            "function S.m",
            "class T",
            "function T.g",
            "function h",
        ],
        [
            Import("crate::a", (("b", "b"),)),
            Import("crate::a", (("D", "C"),)),
            Import("super::e", (("F", "F"),)),
        ],
    ),
    "java": (
        "import a.b.C;\nimport static a.D.e;\n"
        "class F { int g = 1; F() {} int h(C c) { return 1; } }\n"
        "interface I { void j(); }\n",
        ["class F", "constant F.g", "method F.F", "method F.h", "class I", "method I.j"],
        [Import("a.b.C", (("C", "C"),)), Import("a.D.e", (("e", "e"),))],
    ),
    "c": (
        '#include "a/b.h"\n#define N 3\nstruct s { int x; };\n'
        "typedef int t;\nint f(int a) { return a; }\n"
        "char *g(void);\n",
        ["constant N", "class s", "field s.x", "type t", "function f", "function g"],
        [Import("a/b.h", (("*", "*"),))],
    ),
    "cpp": (
        "class A { public: int m() { return 1; } };\nnamespace n { struct B { int x; }; }\n"
        "int A::k() { return 2; }\nusing C = int;\n",
        ["class A", "method A.m", "class B", "field B.x", "method k", "type C"],
        [],
    ),
    "csharp": ("using A.B;\nclass C { int M() { return 1; } }\n", ["class C", "method C.M"], None),
    "ruby": (
        "module A\n  class B\n    def m; end\n  end\nend\n",
        ["class A", "class A.B", "method B.m"],
        None,
    ),
    "php": (
        "<?php\nfunction f() {}\nclass A { function m() {} }\n",
        ["function f", "class A", "method A.m"],
        None,
    ),
    "bash": ("f() { echo 1; }\n", ["function f"], None),
    "lua": ("function f() end\nfunction T.g() end\n", ["function f", "function g"], None),
    "kotlin": (
        "class A { fun m() {} }\nfun f() {}\n",
        ["class A", "function A.m", "function f"],
        None,
    ),
    "swift": (
        "class A { func m() {} }\nprotocol P {}\n",
        ["class A", "function A.m", "class P"],
        None,
    ),
    "scala": (
        "class A { def m = 1 }\nobject B\ntrait T\n",
        ["class A", "function A.m", "class B", "class T"],
        None,
    ),
}


@pytest.mark.parametrize("language", CASES)
def test_definitions_and_imports(language: str) -> None:
    text, definitions, imports = CASES[language]
    tags = tags_of(text.encode(), language)
    shown = [f"{d.kind} {d.scope + '.' if d.scope else ''}{d.name}" for d in tags.definitions]
    assert shown == definitions
    if imports is not None:
        assert list(tags.imports) == imports


def test_every_language_has_a_query() -> None:
    with_tags = {name for name in CASES} | {"tsx"}
    assert {one.name for one in LANGUAGES if grammar(one.name)} == with_tags


def test_signatures_documentation_and_secrets() -> None:
    text = (
        'def f(\n    a: int,\n    b: str = "x",\n) -> bool:\n    """Say whether.\n\n    More."""\n'
        '    return True\n\n\nAPI_TOKEN = "hunter2"\n'
    )
    f, token = tags_of(text.encode(), "python").definitions
    assert f.signature == 'def f( a: int, b: str = "x", ) -> bool:'
    assert (f.doc, f.start_line, f.end_line) == ("Say whether.", 0, 7)
    assert token.signature == "API_TOKEN"


SECRETS = {
    "python": [
        ('USER = PASSWORD = "hunter2"\n', "USER"),
        ('DATABASE = {"password": "hunter2"}\n', "DATABASE"),
        ('class A:\n    user = password = "hunter2"\n', "user"),
        (
            'class A:\n    def __init__(self):\n        self.user = self.password = "hunter2"\n',
            "self.user",
        ),
        ('class A:\n    password: str = "hunter2"\n', "password: str"),
        ('def f(user="u", password: str = "hunter2"): ...\n', 'f(user="u", password: str = …):'),
        ('def f(password="""hunter2""", a=""): ...\n', 'f(password=…, a=""):'),
    ],
    "cpp": [
        ('struct A { std::string password{"hunter2"}; };', "std::string password"),
        ('struct A { std::string password = "hunter2"; };', "std::string password"),
        ('typedef struct { std::string password{"hunter2"}; } A;', "A"),
        ('#define TOKEN(x) "hunter2"\n', "#define TOKEN"),
        ('void f(std::string password = std::string("hunter2"));', "password = std::string(…));"),
    ],
    "csharp": [
        ('class A { string user = "u", password = "hunter2"; }', "string user"),
        ('class A { string password = "hunter2", user = "u"; }', "string user"),
        ('class A { public string ApiKey { get; } = "hunter2"; }', "public string ApiKey"),
        ('class A { string Secret => "hunter2"; }', "string Secret"),
        ('class A { [Json("token")] string Token { get; set; } = "hunter2"; }', "string Token"),
    ],
    "php": [
        ('<?php class A { private $user = "u", $password = "hunter2"; }', "private $user"),
        ('<?php class A { const USER = "u", PASSWORD = "hunter2"; }', "const USER"),
        ("<?php class A { const PASSWORD = 'hunter2'; }", "const PASSWORD"),
    ],
    "swift": [
        ('class A { let user = "u", password = "hunter2" }', "let user"),
        ('class A { var secret: String { "hunter2" } }', "var secret: String"),
    ],
    "kotlin": [
        ('class A { val password by lazy { "hunter2" } }', "val password"),
        ('class A { val password: String = "hunter2" }', "val password: String"),
        ('enum class A(val v: String) { API_KEY("hunter2") }', "API_KEY"),
        ('class A(val password: String = "hunter2")', "val password: String"),
    ],
    "scala": [('class A(val password: String = "hunter2")', "val password: String")],
    "java": [
        ('enum A { API_KEY("hunter2"); }', "API_KEY"),
        ('class A { String user = "u", password = "hunter2"; }', "String user"),
    ],
    "typescript": [
        ('type A = { password: "hunter2" }', "type A"),
        ("class A { password = 'hunter2' }", "password"),
        ("const options = { password: `hunter2` }", "options"),
        (
            'const login = (password: string) => { return "hunter2" }',
            "login = (password: string) =>",
        ),
    ],
    "javascript": [('exports.options = { password: "hunter2" }', "exports.options")],
    "go": [
        ('package a\nvar options = Options{Password: "hunter2"}\n', "options"),
        ('package a\ntype A struct { Password string `default:"hunter2"` }\n', "Password string"),
    ],
    "rust": [
        ('const OPTIONS: Options = Options { password: "hunter2" };', "const OPTIONS: Options"),
        ('macro_rules! secret { () => { "hunter2" } }', "macro_rules! secret"),
        ("struct A<'a> { user: &'a Token }", "user: &'a Token"),
    ],
    "ruby": [
        ('USER = PASSWORD = "hunter2"\n', "USER"),
        ("USER = PASSWORD = %q(hunter2)\n", "USER"),
        ('def f(password = "hunter2")\nend\n', "f(password = …) end"),
    ],
    "c": [('#define USER PASSWORD "hunter2"\n', "#define USER PASSWORD")],
}


@pytest.mark.parametrize(
    ("language", "text", "shown"), [(one, *case) for one in SECRETS for case in SECRETS[one]]
)
def test_what_is_secret_is_in_no_signature(language: str, text: str, shown: str) -> None:
    """Nor under another name of the same statement; what stands before it is still shown."""
    signatures = [one.signature for one in tags_of(text.encode(), language).definitions]
    assert not [one for one in signatures if "hunter2" in one]
    assert [one for one in signatures if one.endswith(shown)]


@pytest.mark.parametrize("language", sorted(ENDED_BY_CR))
def test_a_carriage_return_alone_ends_a_line(language: str) -> None:
    """As in files of old, and where editors mix their line ends. Nothing is longer for it."""
    code = CASES[language][0] if language in CASES else ""
    comment = {"python": "# ä\n", "lua": "-- ä\n", "php": ""}.get(language, "// ä\n")
    for text in (comment + code, comment + "let a = 1\nlet b = 2\n" if language == "tsx" else ""):
        old, mixed = text.replace("\n", "\r"), text.replace("\n", "\r\n", 3).replace("\n", "\r")
        expected = tags_of(text.encode(), language)
        assert tags_of(old.encode(), language).definitions == expected.definitions
        tree, usual, again = (parse(one, language) for one in (old, text, mixed))
        assert tree is not None and usual is not None and again is not None
        assert str(tree.root) == str(usual.root) == str(again.edited(old).root)


def test_text_that_is_no_code_at_all() -> None:
    for content in (b"", b"\xff\xfe\x00", b"((((" * 5000, "𝄞 = ‮".encode()):
        for language in CASES:
            tags_of(content, language)


@pytest.mark.parametrize(
    ("language", "module", "path", "expected"),
    [
        ("python", "a.b", "x/y.py", ("a/b", "a/b/__init__")),
        ("python", ".b", "x/y.py", ("x/b", "x/b/__init__")),
        ("python", "..b", "x/z/y.py", ("x/b", "x/b/__init__")),
        ("typescript", "./b.js", "src/a.ts", ("src/b", "src/b/index", "src/b.d", "src/b/index.d")),
        ("typescript", "../b", "src/c/a.ts", ("src/b", "src/b/index", "src/b.d", "src/b/index.d")),
        (
            "typescript",
            "@/lib/b",
            "src/c/a.ts",
            ("lib/b", "lib/b/index", "lib/b.d", "lib/b/index.d"),
        ),
        ("go", "host/x/pkg/sub", "a.go", ("x/pkg/sub/", "pkg/sub/", "sub/")),
        ("rust", "crate::a::b", "src/x.rs", ("a/b", "a/b/mod")),
        ("rust", "super::e", "src/a/x.rs", ("src/a/e", "src/a/e/mod")),
        ("java", "a.b.C", "x/Y.java", ("a/b/C", "a/b")),
        ("c", "b.h", "src/a.c", ("src/b", "b")),
        ("lua", "x", "a.lua", ()),
    ],
)
def test_where_a_module_may_lie(
    language: str, module: str, path: str, expected: tuple[str, ...]
) -> None:
    assert stems(language, module, path) == expected
