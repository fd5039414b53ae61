"""The right snippets for a cursor, in a small repository held in memory."""

from pathlib import Path

import pytest
from slm_context.entries import FileStamp, IndexedFile
from slm_context.gather import Gatherer, Limits, OpenText
from slm_context.index import Index
from slm_context.names import names_near
from slm_context.tags import tags_of

from tests.context.conftest import PLENTY, REPOSITORY, at, over, shown


def test_what_is_imported_is_shown_and_its_namesake_is_not(gatherer: Gatherer) -> None:
    document = at("from shop.money import to_cents\n\n\ndef f(price):\n    return to_cents(█")
    found = shown(gatherer.gather(document, (), PLENTY))
    assert found["shop/money.py"] == "def to_cents(price: float) -> int:\n"
    assert "other/money.py" not in found


@pytest.mark.parametrize("folder", ["a", "b", "c"])
def test_of_files_that_an_import_may_mean_the_nearest_comes_last(
    tmp_path: Path, folder: str
) -> None:
    gatherer = over(
        tmp_path, {f"{one}/till.py": f"def ring_up(of_{one}): ...\n" for one in ("a", "b", "c")}
    )
    document = at("from till import ring_up\n\nring_up(█", f"{folder}/app.py")
    assert gatherer.gather(document, (), PLENTY).snippets[-1].path == f"{folder}/till.py"


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


@pytest.mark.parametrize("opened", [True, False])
def test_of_a_long_file_the_beginning_is_looked_at(tmp_path: Path, opened: bool) -> None:
    lines = "def read_rows(file):\n    for row in csv.reader(file):\n        rows.append(row)\n"
    like = lines.replace("read_rows", "read_cells").replace("rows", "cells")
    text = f"{like}    return cells\n" + "x = 1\n" * 50_000
    index = Index(tmp_path / "index.sqlite")
    index.write([IndexedFile("big.py", "python", FileStamp(len(text), 1), tags_of(b"", "python"))])
    gatherer = Gatherer(index, {"big.py": text}.get, clock=lambda: 0.0)
    open_texts = (OpenText("big.py", "python", text),) if opened else ()
    document = at(f"import big\n\n\n{lines}    █")
    assert (
        "read_cells" in shown(gatherer.gather(document, open_texts, Limits(6, 900, 15)))["big.py"]
    )


@pytest.mark.parametrize(
    ("path", "line", "names"),
    [
        ("a.py", "x = 'not' // total_price  # of_it", {"total_price"}),
        (
            "a.rs",
            "impl<'a> Handler<'a> for Route<'b> { let c = 'x'; // of_it",
            {"Handler", "Route"},
        ),
        ("a.rs", "#[derive(Basket)]", {"derive", "Basket"}),
        ("a.c", "#define PRICE to_cents(1) // of_it", {"define", "PRICE", "to_cents"}),
        ("a.ts", "this.#basket = 'not' // of_it", {"basket"}),
        ("a.php", "#[Route('not')] # of_it", {"Route"}),
        ("a.lua", "x = basket -- of_it", {"basket"}),
    ],
)
def test_comments_and_strings_of_each_language_name_nothing(
    path: str, line: str, names: set[str]
) -> None:
    assert {one.name for one in names_near(at(line + "█", path))} == names


@pytest.mark.parametrize(
    ("path", "code", "shown_at"),
    [
        ("app.py", "from shop.config import Config\n\nx = Config(█", "shop/config.py"),
        ("a.go", 'package a\n\nimport "b.org/a/shop"\n\nvar x = shop.Config(█', "shop/config.go"),
        (
            "a.go",
            'package a\n\nimport "b.org/a/shop"\n\nfunc f() {\n\tx := shop.Config()\n\ty := █',
            "shop/config.go",
        ),
    ],
)
def test_what_is_imported_is_found_among_hundreds_of_namesakes(
    tmp_path: Path, path: str, code: str, shown_at: str
) -> None:
    texts = {"py": "class Config:\n    pass\n", "go": "package x\n\nfunc Config() {}\n"}
    many = {f"m{n}/config.{end}": text for n in range(200) for end, text in texts.items()}
    gatherer = over(
        tmp_path,
        {**many, "go.mod": "module b.org/a\n"}
        | {f"shop/config.{end}": text for end, text in texts.items()},
    )
    assert shown_at in shown(gatherer.gather(at(code, path), (), PLENTY))


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
    ("size", "deadline_ms", "n_read"),
    [(60_000, 5, 0), (400_000, 5, 0), (4_000, 5, 1), (60_000, 15, 1), (400_000, 15, 1)],
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
    gatherer.expected(at(code), (), deadline_ms=5)
    assert asked == []
    gatherer.expected(at(code), (), deadline_ms=15)
    assert set(asked) == {"beside.py"}


@pytest.mark.parametrize("opened", [True, False])
def test_what_no_question_has_time_for_is_looked_at_in_between(
    tmp_path: Path, opened: bool
) -> None:
    lines = "def read_rows(file):\n    for row in csv.reader(file):\n        rows.append(row)\n"
    text = lines.replace("rows", "cells") + "x = 1\n" * 50_000
    index = Index(tmp_path / "index.sqlite")
    index.write([IndexedFile("big.py", "python", FileStamp(len(text), 1), tags_of(b"", "python"))])
    gatherer = Gatherer(index, {"big.py": text}.get, clock=lambda: 0.0)
    open_texts = (OpenText("big.py", "python", text),) if opened else ()
    document, hurried = at(f"import big\n\n\n{lines}    █"), Limits(6, 900, 5)
    assert "big.py" not in shown(gatherer.gather(document, open_texts, hurried))
    assert not gatherer.catch_up(), "there is one"
    assert "cells" in shown(gatherer.gather(document, open_texts, hurried))["big.py"]


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


def test_the_names_that_neighbours_use_come_first(tmp_path: Path) -> None:
    many = "".join(f"def name_{n}(): ...\n" for n in range(300))
    gatherer = over(
        tmp_path, {"lib.py": many, "test_a.py": "import lib\n\nlib.name_222()\nlib.name_299()\n"}
    )
    bundle = gatherer.gather(at("import lib\n\nlib.█", "test_b.py"), (), PLENTY)
    assert shown(bundle)["lib.py"].startswith("def name_222():\ndef name_299():\n")


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
