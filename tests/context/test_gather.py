"""The right snippets for a cursor, in a small repository held in memory."""

from pathlib import Path

import pytest
from slm_context.cursor import DocumentContext
from slm_context.entries import FileStamp, IndexedFile
from slm_context.gather import Gatherer, Limits, OpenText
from slm_context.index import Index
from slm_context.languages import language_for
from slm_context.references import uses_of
from slm_context.reported import Reported, names_in
from slm_context.tags import tags_of
from slm_context.types import ContextBundle

PLENTY = Limits(n_snippets=6, n_chars=900, deadline_ms=10_000)
REPOSITORY = {
    "shop/money.py": 'def to_cents(price: float) -> int:\n    """Round."""\n    return 1\n',
    "shop/basket.py": (
        "class Basket:\n    def __init__(self, owner): ...\n"
        "    def add_article(self, article): ...\n"
        "    def _secret(self): ...\n    def total_price(self): ...\n"
    ),
    "shop/__init__.py": "from shop.basket import Basket\nfrom .money import to_cents\n",
    "other/money.py": "def to_cents(a, b, c):\n    pass\n",
    "lib/util.go": "package lib\n\nfunc ToCents(p float64) int { return 0 }\n",
    "tests/test_basket.py": "def test_total():\n    pass\n",
    "web/a.ts": "export function showBasket(id: string): void {}\n",
}


@pytest.fixture
def gatherer(tmp_path: Path) -> Gatherer:
    index = Index(tmp_path / "index.sqlite")
    index.write(
        IndexedFile(
            path,
            language_for(path) or "",
            FileStamp(1, 1),
            tags_of(text.encode(), language_for(path) or ""),
            uses=uses_of(text.encode()),
        )
        for path, text in REPOSITORY.items()
    )
    return Gatherer(index, REPOSITORY.get)


def at(marked: str, path: str = "app.py") -> DocumentContext:
    before, after = marked.split("█")
    return DocumentContext(path, language_for(path), before + after, len(before))


def shown(bundle: ContextBundle) -> dict[str, str]:
    return {one.path: one.text for one in bundle.snippets}


def test_what_is_imported_is_shown_and_its_namesake_is_not(gatherer: Gatherer) -> None:
    document = at("from shop.money import to_cents\n\n\ndef f(price):\n    return to_cents(█")
    found = shown(gatherer.gather(document, (), PLENTY))
    assert found["shop/money.py"] == "def to_cents(price: float) -> int:\n"
    assert "other/money.py" not in found


def test_what_is_imported_is_shown_before_it_is_used(gatherer: Gatherer) -> None:
    document = at("from shop.money import to_cents\n\n\ndef f(price):\n    return █")
    assert "shop/money.py" in shown(gatherer.gather(document, (), PLENTY))


@pytest.mark.parametrize(
    "code",
    [
        "def f(b: Basket):\n    b.█",
        "def f():\n    b = Basket(1)\n    b.█",
        "b = Basket(1)\nb.to█",
    ],
)
def test_behind_a_dot_stand_the_members_of_the_class(gatherer: Gatherer, code: str) -> None:
    document = at(f"from shop.basket import Basket\n\n\n{code}")
    text = shown(gatherer.gather(document, (), PLENTY))["shop/basket.py"]
    assert "def add_article(self, article)" in text and "def total_price" in text
    assert "_secret" not in text


def test_behind_a_dot_stands_what_a_module_hands_on(gatherer: Gatherer) -> None:
    bundle = gatherer.gather(at("import shop\n\nshop.█"), (), PLENTY)
    text = shown(bundle)["shop/__init__.py"]
    assert "class Basket" in text and "def to_cents" in text


def test_what_is_not_saved_yet_is_found_as_it_is(gatherer: Gatherer) -> None:
    edited = OpenText("shop/money.py", "python", "def to_cents(price, currency):\n    pass\n")
    document = at("from shop.money import to_cents\n\nx = to_cents(█")
    found = shown(gatherer.gather(document, (edited,), PLENTY))
    assert found["shop/money.py"] == "def to_cents(price, currency):\n"


def test_other_languages_are_not_mixed_in(gatherer: Gatherer) -> None:
    document = at("package lib\n\nfunc f() {\n\tx := ToCents(█", "lib/b.go")
    assert set(shown(gatherer.gather(document, (), PLENTY))) == {"lib/util.go"}


def test_a_test_sees_what_it_tests(gatherer: Gatherer) -> None:
    document = at("def test_add():\n    assert █", "tests/test_basket.py")
    bundle = gatherer.gather(document, (), PLENTY)
    assert "total_price" in shown(bundle)["shop/basket.py"]
    assert [one.origin for one in bundle.snippets] == ["counterpart"]


def test_a_similar_window_is_shown_and_a_copy_is_not(gatherer: Gatherer) -> None:
    before = (
        "def read_rows(file, limit):\n    for row in csv.reader(file):\n        rows.append(row)\n"
    )
    like = before.replace("read_rows", "read_cells").replace("rows", "cells") + "    return cells\n"
    texts = (OpenText("b.py", "python", like), OpenText("c.py", "python", before))
    found = shown(gatherer.gather(at(before + "    █"), texts, PLENTY))
    assert "b.py" in found and "c.py" not in found


def test_names_that_mean_nothing_elsewhere_bring_nothing(gatherer: Gatherer) -> None:
    assert gatherer.gather(at("x = 1\nto_cents = 2\nprint(to_cents, █"), (), PLENTY).snippets == ()


def test_the_room_is_kept_and_what_is_left_out_is_told(gatherer: Gatherer) -> None:
    document = at("from shop.money import to_cents\nfrom shop.basket import Basket\n\nx = █")
    bundle = gatherer.gather(document, (), Limits(1, 900, 10_000))
    assert len(bundle.snippets) == 1
    assert [one.reason for one in bundle.dropped] == ["there is room for no more snippets"]
    tiny = gatherer.gather(document, (), Limits(6, 30, 10_000))
    assert sum(len(one.path) + len(one.text) for one in tiny.snippets) <= 30


def test_the_deadline_cuts_retrievers_short(tmp_path: Path) -> None:
    ticks = iter(range(1000))
    gatherer = Gatherer(None, REPOSITORY.get, clock=lambda: float(next(ticks)))
    bundle = gatherer.gather(at("x = █"), (), Limits(6, 900, 15))
    assert not bundle.complete


def beside_and_imported(tmp_path: Path, sizes: dict[str, int], asked: list[str]) -> Gatherer:
    """A repository of files that take as long as their sizes say; `asked` is what was read."""
    index = Index(tmp_path / "index.sqlite")
    tags = tags_of(b"x = 1\n", "python")
    index.write(
        IndexedFile(path, "python", FileStamp(size, 1), tags) for path, size in sizes.items()
    )
    return Gatherer(index, lambda path: asked.append(path) or "y = 1\n", clock=lambda: 0.0)


@pytest.mark.parametrize("path", ["deep/lib.py", "beside.py"])
@pytest.mark.parametrize(
    ("size", "deadline_ms", "n_read"), [(400_000, 15, 0), (4_000, 15, 1), (400_000, 60, 1)]
)
def test_what_cannot_be_looked_at_in_time_is_not_read(
    tmp_path: Path, path: str, size: int, deadline_ms: float, n_read: int
) -> None:
    asked: list[str] = []
    gatherer = beside_and_imported(tmp_path, {path: size}, asked)
    document = at("import deep.lib\n\nfirst, second, third = fourth(█")
    gatherer.gather(document, (), Limits(6, 900, deadline_ms))
    assert asked == [path] * n_read


@pytest.mark.parametrize("code", ["x = 1\nreturn basket(█", "basket.█"])
def test_names_that_may_come_are_not_looked_for_where_there_is_no_time(
    tmp_path: Path, code: str
) -> None:
    asked: list[str] = []
    gatherer = beside_and_imported(tmp_path, {"beside.py": 400_000}, asked)
    gatherer.expected(at(code), (), deadline_ms=15)
    assert asked == []
    gatherer.expected(at(code), (), deadline_ms=60)
    assert set(asked) == {"beside.py"}


def test_what_one_question_had_no_time_for_is_there_at_the_next(tmp_path: Path) -> None:
    """Two files take the time of one question each; what is known takes none."""
    asked, now = list[str](), [0.0]
    sizes = {f"beside_{n}.py": 100_000 for n in range(2)}
    gatherer = beside_and_imported(tmp_path, sizes, asked)

    def read(path: str) -> str:
        if path not in asked:
            now[0] += 0.010
        asked.append(path)
        return "y = 1\n"

    gatherer._read, gatherer._clock = read, lambda: now[0]
    document = at("x = █")
    held = [gatherer.gather(document, (), Limits(6, 900, 15)).beside for _ in range(2)]
    assert [len(beside) for beside in held] == [1, 2]


def test_the_same_cursor_gets_the_same_snippets_in_the_same_order(gatherer: Gatherer) -> None:
    document = at("from shop.money import to_cents\nfrom shop.basket import Basket\n\nx = █")
    first = gatherer.gather(document, (), PLENTY).snippets
    assert first == gatherer.gather(document, (), PLENTY).snippets


def report(line: str, message: str) -> Reported:
    return Reported(line, 0, len(line), names_in(message), "Checker")


@pytest.mark.parametrize(
    ("line", "message", "shown_at", "holds"),
    [
        # What is not imported means nothing to us; the checker knows that it is missing.
        ("x = Basket(1)", '"Basket" is not defined', "shop/basket.py", "def add_article"),
        ("x = f()", "f needs an argument 'basket', see `Basket`", "shop/basket.py", "class Basket"),
        ("x = b.add(1)", '"add_article" of "Basket" is meant', "shop/basket.py", "add_article"),
        # Whichever of the two: it is not known, so both are shown.
        ("x = to_cents(1)", "Undefined name `to_cents`", "other/money.py", "def to_cents(a, b, c)"),
    ],
)
def test_what_another_tool_names_on_a_line_nearby_comes_first(
    gatherer: Gatherer, line: str, message: str, shown_at: str, holds: str
) -> None:
    document = at(f"from shop.money import to_euro\n\n{line}\ny = to_euro(█")
    assert shown_at not in shown(gatherer.gather(document, (), PLENTY))
    found = gatherer.gather(document, (), PLENTY, [report(line, message)])
    assert holds in shown(found)[shown_at]
    (told,) = [one for one in found.snippets if one.path == shown_at]
    assert told.origin == "diagnostic" and told.reason.startswith("Checker names ")
    changed = report(line + "  # as it was", message)
    assert gatherer.gather(document, (), PLENTY, [changed]).snippets == ()


def test_an_import_tells_which_of_several_a_report_means(gatherer: Gatherer) -> None:
    document = at("from shop.money import to_cents\n\nx = to_cents(█)")
    found = gatherer.gather(document, (), PLENTY, [report("x = to_cents()", "see 'to_cents'")])
    assert list(shown(found)) == ["shop/money.py"]


def test_what_a_report_of_this_line_misses_may_come(gatherer: Gatherer) -> None:
    document = at("x = connect(host, █)")
    (name,) = gatherer.expected(
        document, (), [report("x = connect(host)", "missing 'timeout' in call to 'connect'")]
    )
    assert name.name == "timeout" and name.weight > 0
    elsewhere = at("x = connect(host)\ny = f(█")
    assert gatherer.expected(elsewhere, (), [report("x = connect(host)", "'timeout'")]) == ()


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


def over(tmp_path: Path, repository: dict[str, str]) -> Gatherer:
    index = Index(tmp_path / "other.sqlite")
    index.write(
        IndexedFile(path, language, FileStamp(1, 1), tags_of(data, language), uses=uses_of(data))
        for path, text in repository.items()
        if (language := language_for(path)) and (data := text.encode())
    )
    return Gatherer(index, repository.get)


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


def test_the_names_that_neighbours_use_come_first(tmp_path: Path) -> None:
    many = "".join(f"def name_{n}(): ...\n" for n in range(300))
    gatherer = over(
        tmp_path, {"lib.py": many, "test_a.py": "import lib\n\nlib.name_222()\nlib.name_299()\n"}
    )
    bundle = gatherer.gather(at("import lib\n\nlib.█", "test_b.py"), (), PLENTY)
    assert shown(bundle)["lib.py"].startswith("def name_222():\ndef name_299():\n")


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


def test_the_files_beside_come_whole_and_not_as_snippets(gatherer: Gatherer) -> None:
    document = at("total = 1\nprint(█", "shop/till.py")
    beside = gatherer.gather(document, (), PLENTY).beside
    assert set(beside) == {
        REPOSITORY[f"shop/{name}.py"] for name in ("money", "basket", "__init__")
    }
    edited = OpenText("shop/money.py", "python", "def changed(): ...\n")
    assert gatherer.gather(document, (edited,), PLENTY).beside[:1] == (edited.text,)
    assert REPOSITORY["shop/money.py"] not in gatherer.gather(document, (edited,), PLENTY).beside
    assert gatherer.gather(at("x = █", "web/b.ts"), (), PLENTY).beside == (REPOSITORY["web/a.ts"],)
    assert gatherer.gather(at("x = █", "notes.txt"), (), PLENTY).beside == ()


def test_of_names_that_no_neighbour_uses_those_come_first_that_more_files_use(
    tmp_path: Path,
) -> None:
    many = "".join(f"def name_{n}(): ...\n" for n in range(300))
    far = {f"far/{n}.py": "lib.name_222()\n" for n in range(3)}
    gatherer = over(tmp_path, {"lib.py": many} | far)
    bundle = gatherer.gather(at("import lib\n\nlib.█", "deep/a.py"), (), PLENTY)
    assert shown(bundle)["lib.py"].startswith("def name_222():\ndef name_0():\n")
