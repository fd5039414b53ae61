"""What other tools report near the cursor: which names it names, what these bring, how long."""

import pytest
from slm_context.cursor import DocumentContext
from slm_context.gather import Gatherer
from slm_context.reported import Reported, names_around, names_in

from tests.context.conftest import PLENTY, at, shown

LINE = "    x = connect(host)"
REPORT = Reported(LINE, 8, 21, ("timeout", "connect"), "Pyright")


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ('"to_cents" is not defined', "to_cents"),
        ('Argument missing for parameter "timeout"', "timeout"),
        ('Missing positional argument "timeout" in call to "connect" of "Client"  [call-arg]',
         "timeout connect Client"),
        ('Cannot access attribute "colour" for class "Basket"\n  Attribute "colour" is unknown',
         "colour Basket"),
        ("Undefined name `to_cents`", "to_cents"),
        ("Cannot find name 'fooBar'. Did you mean 'fooBaz'?", "fooBar fooBaz"),
        ("Property 'add' is missing in type '{}' but required in type 'Basket<string>'.",
         "add Basket"),
        ("undefined: Foo", "Foo"),
        ("undefined: lib.ToCents", "lib ToCents"),
        ("not enough arguments in call to NewBasket\n\thave ()\n\twant (string)", "NewBasket"),
        ("cannot find function `open_store` in this scope", "open_store"),
        ("missing field `price` in initializer of `shop::Article`", "price shop Article"),
        ("use of undeclared identifier 'basket_size'", "basket_size"),
        ("The method put(int) is undefined for the type Basket", "put Basket"),
        ("Basket cannot be resolved to a type", "Basket"),
        ("‘make_basket’ was not declared in this scope", "make_basket"),
        ("I can't see why that isn't right; don't do it", ""),
        ("Expected 2 arguments, but got 1.", ""),
        ("Type 'string' is not assignable to type 'number'.", ""),
        ("'x' " * 1_000 + "'far_away'", ""),
        ("".join(f"'name_{n}' " for n in range(30)), " ".join(f"name_{n}" for n in range(8))),
    ],
)  # fmt: skip
def test_the_names_of_a_message(message: str, names: str) -> None:
    assert " ".join(names_in(message)) == names


def around(marked: str) -> dict[str, float]:
    before, after = marked.split("█")
    document = DocumentContext("a.py", "python", before + after, len(before))
    return {name: one.weight for name, one in names_around(document, [REPORT]).items()}


@pytest.mark.parametrize(
    ("marked", "counts"),
    [
        (f"def f():\n{LINE}█\n    return x\n", True),
        (f"def f():\r\n{LINE}\r\n    return █\r\n", True),
        (f"def f():\n    █\n\n{LINE}\n", True),
        # What is typed into the line is about what was reported; another line is none of it.
        ("def f():\n    x = connect(host, tim█)\n", True),
        ("def f():\n    x = connect(host).y█\n", True),
        ("def f():\n    x = connect(home█)\n", False),
        ("def f():\n    █\n", False),
        (f"{LINE}\n" + "y = 1\n" * 40 + "█", False),
        ("█\n" + "y = 1\n" * 40 + f"{LINE}\n", False),
        ("", None),
    ],
)
def test_it_counts_near_the_cursor_until_the_line_changes(marked: str, counts: bool | None) -> None:
    if counts is None:
        assert names_around(DocumentContext("a.py", "python", "", 0), [REPORT]) == {}
    else:
        assert set(around(marked)) == ({"timeout", "connect"} if counts else set())


def test_what_is_nearer_counts_more() -> None:
    near, far = around(f"{LINE}\n█"), around(f"{LINE}\n\n\n\n\n\n\n█")
    assert around(f"{LINE}█")["timeout"] == 1 > near["timeout"] > far["timeout"] > 0


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
