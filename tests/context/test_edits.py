"""What was just changed elsewhere is shown where the code at the cursor is still as it was."""

import pytest
from slm_context.cursor import split_at_cursor
from slm_context.gather import Gatherer, Limits, OpenText
from slm_context.retrievers.edits import Changed, edit_snippets, hunks

BEFORE = "import shop\n\n\ndef pay(order):\n    total = shop.total(order)\n    return total\n"
AFTER = BEFORE.replace("shop.total(order)", "shop.total_price(order, currency)")


def test_a_change_is_shown_where_its_old_name_stands() -> None:
    around = "def show(order):\n    print(shop.total(order))\n"
    (found,) = edit_snippets(around, [Changed("pay.py", BEFORE, AFTER)])
    assert found.text == (
        "-    total = shop.total(order)\n+    total = shop.total_price(order, currency)\n"
    )
    assert found.start_line == 4


@pytest.mark.parametrize(
    "around",
    ["class Unlike:\n    colour = red\n", "", "x = 1\n"],
)
def test_a_change_is_not_shown_elsewhere(around: str) -> None:
    assert edit_snippets(around, [Changed("pay.py", BEFORE, AFTER)]) == []


def test_what_was_only_added_or_written_anew_is_no_example() -> None:
    around = "print(shop.total(order))\n"
    added = BEFORE + "\n\ndef more(order):\n    return shop.total(order)\n"
    anew = "\n".join(f"shop.total{n}(order)" for n in range(200))
    files = [Changed("a.py", BEFORE, added), Changed("b.py", BEFORE, anew)]
    assert edit_snippets(around, files) == []


def test_two_places_are_two_hunks() -> None:
    after = AFTER.replace("import shop", "import shop, money")
    assert [one.start for one in hunks(BEFORE, after)] == [0, 4]
    assert hunks(BEFORE, BEFORE) == ()


def test_the_gatherer_shows_it() -> None:
    text = "import shop\n\n\ndef show(order):\n    print(shop.total(order))\n    "
    document = split_at_cursor(text, len(text), path="show.py", language="python")
    opened = OpenText("pay.py", "python", AFTER, BEFORE)
    bundle = Gatherer(None, lambda path: None).gather(document, (opened,), Limits(6, 900, 10_000))
    assert [one.origin for one in bundle.snippets if one.text.startswith("-")] == ["recent-edit"]
