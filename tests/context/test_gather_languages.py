"""What a package sees without an import: in Go, Rust and Java, each in its own way."""

from pathlib import Path

import pytest

from tests.context.conftest import PLENTY, at, over, shown

GO = {
    "go.mod": "module example.org/shop\n",
    "gin.go": "package shop\n\ntype Engine struct {\n\tGroup\n}\n\nfunc New() *Engine {}\n",
    "group.go": "package shop\n\ntype Group struct{}\n\nfunc (g *Group) Handle(path string) {}\n",
    "run.go": "package shop\n\nfunc (e *Engine) Run(address string) error { return nil }\n",
    "run_test.go": "package shop\n\nfunc helper() {}\n",
    "inner/bytes.go": "package inner\n\nfunc ToString(b []byte) string { return string(b) }\n",
    "other.go": 'package shop\n\nfunc serve() {\n\tx := New()\n\tx.Run("")\n}\n',
}
RUST = {
    "Cargo.toml": '[package]\nname = "mini-shop"\n',
    "src/lib.rs": "pub mod db;\npub use db::Store;\n",
    "src/db.rs": (
        "pub struct Store {}\nimpl Store { pub fn put(&self, n: u8) {} }\n"
        "pub fn open() -> Store {}\n"
    ),
}


@pytest.mark.parametrize(
    ("path", "code", "shown_at", "holds", "holds_not"),
    [
        # Methods of a type in another file than the type, and those of what it embeds.
        ("a.go", "package shop\n\nfunc f(e *Engine) {\n\te.█", "gin.go", "Run(address", "ToString"),
        ("a.go", "package shop\n\nfunc f(e *Engine) {\n\te.█", "group.go", "Handle(path", "Run"),
        # A package sees its own files, but no test's; what neighbours use comes first.
        ("a.go", "package shop\n\nfunc f() {\n\tx := █", "*.go", "func New() *Engine", "helper"),
        ("a_test.go", "package shop\n\nfunc f() {\n\tx := █", "*.go", "helper", "ToString"),
        (
            "a.go",
            'package shop\n\nimport "example.org/shop/inner"\n\nfunc f() {\n\tinner.█',
            *("inner/bytes.go", "func ToString(b []byte) string", "New"),
        ),
        # A crate by its own name, by `crate`, and what it hands on.
        (
            "src/bin/a.rs",
            "use mini_shop::Store;\nfn f(s: Store) {\n  s.█",
            "src/db.rs",
            "put",
            "open",
        ),
        ("src/b.rs", "fn f() {\n  let x = crate::db::█", "src/db.rs", "fn open() -> Store", "put"),
        ("tests/a.rs", "fn f() {\n  mini_shop::█", "src/lib.rs", "Store", "put"),
        ("src/b.rs", "use crate::Store;\nfn f() {\n  █", "src/db.rs", "struct Store", "open"),
    ],
)
def test_go_and_rust(
    tmp_path: Path, path: str, code: str, shown_at: str, holds: str, holds_not: str
) -> None:
    gatherer = over(tmp_path, GO | RUST)
    text = shown(gatherer.gather(at(code, path), (), PLENTY))[shown_at]
    assert holds in text and holds_not not in text


def test_java_sees_its_package_in_the_other_source_root_and_the_right_builder(
    tmp_path: Path,
) -> None:
    main, test = "src/main/java/shop", "src/test/java/shop"
    builder = (
        "public class {0} {{\n  static Builder build() {{}}\n"
        "  static class Builder {{ void {1}() {{}} }}\n}}\n"
    )
    gatherer = over(
        tmp_path,
        {
            f"{main}/{name}.java": builder.format(name, f"of{name}")
            for name in ("Basket", "Customer", "Door", "Engine")
        },
    )
    plain = at("package shop;\nclass T {\n  void f() {\n    █", f"{test}/T.java")
    assert "class Customer" in shown(gatherer.gather(plain, (), PLENTY))[f"{test}/*.java"]
    chain = at("package shop;\nclass T {\n  void f() {\n    Door.build().█", f"{main}/T.java")
    found = shown(gatherer.gather(chain, (), PLENTY))
    assert "ofDoor()" in found[f"{main}/Door.java"]
    assert not any("ofBasket" in text for text in found.values())


@pytest.mark.parametrize(
    ("broken", "code", "expected"),
    [
        ("till.go", 'package a\n\nimport "b.org/till"\n\nfunc f() {\n\ttill.█', {"RingUp"}),
        ("till.js", "import * as till from './till';\n\ntill.█", {"ringUp"}),
        ("Till.java", "class A {\n  void f(Till till) {\n    till.█", {"ringUp"}),
    ],
)
def test_what_is_only_begun_in_another_file_hides_nothing_there(
    tmp_path: Path, broken: str, code: str, expected: set[str]
) -> None:
    texts = {
        "till.go": 'package till\n\nimport "x/"\n\nfunc RingUp() {}\n',
        "till.js": "export function ringUp() {}\nexports. = 3;\n",
        "Till.java": "import java.util.;\nclass Till { void ringUp() {} void () {} int = 3; }\n",
    }
    path = f"till/{broken}" if broken.endswith(".go") else broken
    gatherer = over(tmp_path, {path: texts[broken]})
    document = at(code, f"a.{broken.rpartition('.')[2]}")
    assert gatherer.gather(document, (), PLENTY).snippets
    assert {one.name for one in gatherer.expected(document, ())} == expected
