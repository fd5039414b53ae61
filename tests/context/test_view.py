"""What is open stands in place of what was saved, and no language is told of what it cannot see."""

from pathlib import Path

import pytest
from slm_context.gather import OpenText
from slm_context.languages import language_for
from slm_context.view import MAX_PARSED

from tests.context.conftest import PLENTY, at, over, shown

BASKET_PY = "class Basket:\n    def add_article(self): ...\n"
BASKET_TS = "export class Basket {\n  pushItem(n: number): void {}\n}\n"


def opened(path: str, text: str) -> OpenText:
    return OpenText(path, language_for(path), text)


@pytest.mark.parametrize(
    ("path", "code", "told"),
    [
        ("app.py", "def f(basket: Basket):\n    basket.█", {"add_article"}),
        ("app.py", "import shop\n\nshop.█", set[str]()),
        ("app.ts", "function f(basket: Basket) {\n  basket.█", {"pushItem"}),
        ("app.tsx", "function f(basket: Basket) {\n  basket.█", {"pushItem"}),
        ("app.js", "import * as shop from './shop';\n\nshop.█", {"showShop"}),
    ],
)
def test_what_another_language_defines_may_not_come(
    tmp_path: Path, path: str, code: str, told: set[str]
) -> None:
    shop = "export function showShop() {}\n"
    gatherer = over(tmp_path, {"basket.py": BASKET_PY, "basket.ts": BASKET_TS, "shop.js": shop})
    assert {one.name for one in gatherer.expected(at(code, path), ())} == told


@pytest.mark.parametrize(
    ("path", "beside"), [("a/b.tsx", "a/c.ts"), ("a/b.c", "a/b.h"), ("a/b.ts", "a/c.jsx")]
)
def test_files_that_are_written_alike_are_examples(tmp_path: Path, path: str, beside: str) -> None:
    text = "first_name(one, second_name)\n"
    code = at("first_name(one, █", path)
    for gatherer, texts in (
        (over(tmp_path / "saved", {beside: text}), ()),
        (over(tmp_path / "open", {}), (opened(beside, text),)),
        (over(tmp_path / "far", {beside.replace("a/", "far/"): text}), ()),
    ):
        assert [one.name for one in gatherer.expected(code, texts)] == ["second_name"]


def test_what_is_open_beside_a_java_test_is_still_of_its_package(tmp_path: Path) -> None:
    main, test = "src/main/java/shop/Basket.java", "src/test/java/shop/BasketTest.java"
    text = "package shop;\npublic class Basket {}\n"
    gatherer = over(tmp_path, {main: text})
    code = at("package shop;\nclass BasketTest {\n  void f() {\n    █", test)
    for texts in ((), (opened(main, text),)):
        found = shown(gatherer.gather(code, texts, PLENTY))
        assert "class Basket" in found["src/test/java/shop/*.java"]


def test_what_an_open_package_hands_on_is_told_as_it_stands_there(tmp_path: Path) -> None:
    gatherer = over(
        tmp_path,
        {
            "shop/__init__.py": "from .old import old_name\n",
            "shop/old.py": "def old_name(): ...\n",
            "shop/new.py": "def new_name(): ...\n",
        },
    )
    edited = opened("shop/__init__.py", "from .new import new_name\n")
    code = at("import shop\n\nshop.█")
    assert {one.name for one in gatherer.expected(code, (edited,))} == {"new_name"}


def test_a_long_document_that_is_open_is_known_as_it_was_saved(tmp_path: Path) -> None:
    saved = BASKET_PY + "x = 1\n" * (MAX_PARSED // 6)
    gatherer = over(tmp_path, {"basket.py": saved})
    code = at("from basket import Basket\n\n\ndef f(one: Basket):\n    one.█")
    for texts in ((), (opened("basket.py", saved + "y = 1\n"),)):
        assert "add_article" in {one.name for one in gatherer.expected(code, texts)}


def test_in_a_long_document_its_own_classes_are_known_as_they_were_saved(tmp_path: Path) -> None:
    saved = BASKET_PY + "x = 1\n" * (MAX_PARSED // 6)
    gatherer = over(tmp_path, {"basket.py": saved})
    code = at(saved + "basket = Basket()\nbasket.█", "basket.py")
    assert "add_article" in {one.name for one in gatherer.expected(code, ())}
