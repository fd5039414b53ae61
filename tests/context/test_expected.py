"""The names that may come behind a dot, in a small repository."""

from pathlib import Path

import pytest
from slm_context.gather import Gatherer, OpenText

from tests.context.conftest import REPOSITORY, at, over

BASKET = "from shop.basket import Basket\n\n\ndef f(basket: Basket):\n"


def names(gatherer: Gatherer, marked: str, path: str = "app.py") -> list[str]:
    return [one.name for one in gatherer.expected(at(marked, path), ())]


@pytest.mark.parametrize("typed", ["", "to", "add_article"])
def test_behind_a_dot_the_public_members_of_its_class_may_come(
    gatherer: Gatherer, typed: str
) -> None:
    found = names(gatherer, f"{BASKET}    return basket.{typed}█")
    assert set(found) == {"add_article", "total_price"}


def test_behind_self_the_private_ones_may_come_too(gatherer: Gatherer) -> None:
    text = REPOSITORY["shop/basket.py"] + "    def more(self):\n        return self.█\n"
    assert "_secret" in names(gatherer, text, "shop/basket.py")


def test_what_was_asked_of_the_same_thing_comes_first(gatherer: Gatherer) -> None:
    used = f"{BASKET}    basket.total_price()\n    basket.unheard_of()\n    basket.█"
    assert names(gatherer, used)[:2] == ["total_price", "unheard_of"]
    other = f"{BASKET}    other.total_price()\n    mybasket.add_article()\n    basket.█"
    weights = {one.name: one.weight for one in gatherer.expected(at(other), ())}
    asked = {one.name: one.weight for one in gatherer.expected(at(used), ())}
    assert asked["total_price"] > weights["total_price"] > 0


def test_behind_a_module_what_it_offers_may_come(gatherer: Gatherer) -> None:
    assert names(gatherer, "from shop import money\n\nmoney.█") == ["to_cents"]


@pytest.mark.parametrize("marked", ["x = █", "unknown.█", "1.█", "call(█"])
def test_where_nothing_tells_nothing_is_expected(gatherer: Gatherer, marked: str) -> None:
    assert names(gatherer, marked) == []


def test_what_may_not_be_quoted_is_not_named(gatherer: Gatherer) -> None:
    closed = Gatherer(gatherer._index, REPOSITORY.get, allows=lambda path: "basket" not in path)
    assert names(closed, f"{BASKET}    return basket.█") == []
    assert names(closed, "from shop.basket import Basket\nimport shop.basket\nshop.basket.█") == []


def test_a_text_of_another_line_does_not_change_what_is_known(gatherer: Gatherer) -> None:
    """What stands around the cursor's line is kept from key to key, and not longer."""
    typed = BASKET.replace("basket:", "thing:")
    assert names(gatherer, f"{typed}    return thing.█")
    assert names(gatherer, f"{typed.replace('Basket', 'Nothing')}    return thing.█") == []
    assert names(gatherer, f"{typed}    return thing.█")


USED = "from shop.basket import Basket\n\n\ndef f(basket: Basket):\n    log.note(basket, total=1)\n"


def test_what_followed_the_same_words_here_may_come_again(gatherer: Gatherer) -> None:
    assert names(gatherer, f"{USED}    log.note(█") == ["basket"]
    assert names(gatherer, f"{USED}    log.note(ba█") == ["basket"]
    assert names(gatherer, f"{USED}    log.other(█") == []
    assert names(gatherer, f"{USED}    from shop█") == []


def test_what_followed_the_same_words_beside_may_come(gatherer: Gatherer) -> None:
    """`Basket` stands behind `import` in a file of the same folder."""
    assert names(gatherer, "from shop.basket import █", "shop/new.py") == ["Basket"]


def test_where_values_follow_no_name_is_expected(gatherer: Gatherer) -> None:
    numbers = "    note(a, 1)\n    note(a, 2)\n    note(a, 3)\n    note(a, b)\n"
    assert names(gatherer, f"def f(a, b):\n{numbers}    note(a, █") == []


def test_what_is_asked_of_a_thing_that_nobody_knows_may_come(gatherer: Gatherer) -> None:
    assert names(gatherer, "unknown.first()\nunknown.second\nunknown.first()\nunknown.█")[:1] == [
        "first"
    ]


FAR = {
    "shop/orders.py": "def place(basket):\n    audit.record(basket, customer)\n",
    "tools/a.py": "audit.record(invoice)\n",
    "web/a.ts": "audit.record(visitor)\n",
}


def test_what_follows_the_same_words_in_a_far_file_may_come(tmp_path: Path) -> None:
    gatherer = over(tmp_path, FAR)
    assert names(gatherer, "audit.record(█", "deep/in/b.py") == ["basket", "invoice"]
    # Nearer ones first, where nothing else tells.
    assert names(gatherer, "audit.record(█", "tools/deep/b.py") == ["invoice", "basket"]
    assert names(gatherer, "audit.unheard(█", "deep/in/b.py") == []


def test_what_is_asked_of_an_unknown_thing_in_a_far_file_may_come(tmp_path: Path) -> None:
    gatherer = over(tmp_path, FAR)
    assert names(gatherer, "audit.█", "deep/in/b.py") == ["record"]


def test_a_member_that_more_files_use_is_likelier(tmp_path: Path) -> None:
    texts = {
        "shop/basket.py": "class Basket:\n    def rare(self): ...\n    def often(self): ...\n",
        **{f"far/{n}.py": "thing.often()\n" for n in range(3)},
    }
    gatherer = over(tmp_path, texts)
    marked = BASKET + "    return basket.█"
    assert names(gatherer, marked, "deep/in/b.py") == ["often", "rare"]


def test_a_name_says_which_other_file_it_is_from(tmp_path: Path) -> None:
    gatherer = over(tmp_path, FAR)
    document = at("audit.record(invoice)\naudit.record(█", "deep/in/b.py")
    assert [str(one) for one in gatherer.expected(document, ())] == [
        "invoice +5.1",
        "basket +3.7 as in shop/orders.py",
    ]


@pytest.mark.parametrize("deadline_ms", [15, 10_000])
def test_uses_deep_in_a_long_file_are_found(tmp_path: Path, deadline_ms: float) -> None:
    filler = "something = audit.other(1)\n" * 10_000
    texts = {"tools/big.py": f"{filler}audit.record(invoice)\n{filler}audit.record(basket)\n"}
    gatherer = Gatherer(over(tmp_path, texts)._index, texts.get, clock=lambda: 0.0)
    found = gatherer.expected(at("audit.record(█", "deep/in/b.py"), (), deadline_ms=deadline_ms)
    assert {one.name for one in found} == {"invoice", "basket"}


def test_uses_in_open_files_are_as_they_stand_there(tmp_path: Path) -> None:
    gatherer = over(tmp_path, FAR)

    def told(text: str) -> list[str]:
        opened = OpenText("tools/a.py", "python", text)
        document = at("audit.record(█", "deep/in/b.py")
        return [one.name for one in gatherer.expected(document, [opened])]

    assert set(told("audit.record(changed)\n")) == {"changed", "basket"}
    assert told("gone\n") == ["basket"]


def test_uses_in_files_that_may_not_be_quoted_name_nothing(tmp_path: Path) -> None:
    """The index may be older than what forbids it; then the file is not read."""
    index = over(tmp_path, FAR)._index
    gatherer = Gatherer(index, lambda path: FAR[path] if path != "tools/a.py" else None)
    assert names(gatherer, "audit.record(█", "deep/in/b.py") == ["basket"]


def test_far_files_are_not_read_where_there_is_no_time(tmp_path: Path) -> None:
    asked: list[str] = []
    index = over(tmp_path, FAR)._index
    gatherer = Gatherer(index, asked.append, clock=lambda: 0.0)  # type: ignore[arg-type]
    gatherer.expected(at("audit.record(█", "deep/in/b.py"), (), deadline_ms=0)
    assert asked == []
    gatherer.expected(at("audit.record(█", "deep/in/b.py"), (), deadline_ms=15)
    assert set(asked) == {"shop/orders.py", "tools/a.py"}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("from shop2.basket import Basket\n\nb = Basket(1)\nb.█", {"of_2"}),
        ("from shop3 import Basket\n\n\ndef f(b: Basket):\n    b.█", {"of_3"}),
        ("b = Basket(1)\nb.█", set[str]()),
    ],
)
def test_of_classes_of_one_name_the_imported_one_is_meant(
    tmp_path: Path, code: str, told: set[str]
) -> None:
    repository = {
        f"shop{n}/basket.py": f"class Basket:\n    def of_{n}(self): ...\n" for n in range(6)
    }
    repository |= {f"shop{n}/__init__.py": "from .basket import Basket\n" for n in range(6)}
    found = over(tmp_path, repository).expected(at(code), ())
    assert {one.name for one in found} == told
