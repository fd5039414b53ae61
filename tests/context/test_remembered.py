"""What is kept of texts is bounded by their length, and everybody gets the same tree."""

import pytest
from slm_context import trees
from slm_context.remembered import ENTRY_CHARS, Remembered, remembers
from slm_context.trees import tree_of
from slm_context.view import tags_again


def test_what_was_used_last_stays() -> None:
    kept: Remembered[str, int] = Remembered(3 * (100 + ENTRY_CHARS))
    for number, name in enumerate("abc"):
        kept.put(name, number, 100)
    assert kept.get("a") == 0
    kept.put("d", 3, 100)
    assert [kept.get(name) for name in "abcd"] == [0, None, 2, 3]


def test_a_long_text_takes_the_place_of_many() -> None:
    kept: Remembered[int, str] = Remembered(10_000)
    for number in range(20):
        kept.put(number, "short", 100)
    kept.put(99, "long", 9_000)
    assert kept.get(99) == "long"
    assert kept.n_chars <= 10_000 and len(kept) <= 4


def test_the_newest_stays_however_long_it_is() -> None:
    kept: Remembered[int, str] = Remembered(10)
    kept.put(1, "one", 5_000)
    assert kept.get(1) == "one"
    kept.put(2, "two", 5_000)
    assert (kept.get(1), kept.get(2), len(kept)) == (None, "two", 1)


def test_what_is_put_again_counts_once() -> None:
    kept: Remembered[int, str] = Remembered(10_000)
    for number in range(50):
        kept.put(1, f"value {number}", number)
    assert (kept.get(1), len(kept), kept.n_chars) == ("value 49", 1, 49 + ENTRY_CHARS)


def test_texts_that_are_empty_are_bounded_too() -> None:
    kept: Remembered[int, None] = Remembered(1_000)
    for number in range(100):
        kept.put(number, None, 0)
    assert len(kept) == 1_000 // ENTRY_CHARS


def test_a_function_is_asked_once_about_the_same_texts() -> None:
    asked: list[tuple[str, str]] = []

    @remembers(max_chars=1_000)
    def both(one: str, other: str) -> str | None:
        asked.append((one, other))
        return None

    assert [both("a", "b"), both("a", "b"), both("b", "a")] == [None] * 3
    assert asked == [("a", "b"), ("b", "a")]
    both("x" * 900, "")
    both("a", "b")
    assert len(asked) == 4


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Remembered:
    kept: Remembered = Remembered(trees.MAX_CHARS)
    monkeypatch.setattr(trees, "_TREES", kept)
    return kept


def test_a_thousand_files_that_are_open_keep_a_few_trees(kept: Remembered) -> None:
    """A tree takes forty times the memory of its text: a thousand would be gigabytes."""
    for number in range(1_000):
        assert tree_of(f"x = {number}\n" * 200, "python", f"{number}.py") is not None
    assert kept.n_chars <= trees.MAX_CHARS


def test_whoever_asks_gets_the_same_tree(kept: Remembered) -> None:
    text = "def f():\n    return 1\n"
    assert tree_of(text, "python", "a.py") is tree_of(text, "python", "a.py")
    assert [one.name for one in tags_again(text.encode(), "python", path="a.py").definitions]
    assert tree_of(text, "python", "a.py") is kept.get("a.py") and len(kept) == 1


def test_two_files_with_one_name_have_trees_of_their_own_texts(kept: Remembered) -> None:
    """Files outside the workspace are known by their last name only."""
    python, other, script = "def f():\n    return 1\n", "class C:\n    pass\n", "let x = 1;\n"
    for text, language in ((python, "python"), (other, "python"), (script, "javascript")):
        tree = tree_of(text, language, "a")
        assert tree is not None
        fresh = tree_of(text, language, "another")
        assert fresh is not None
        assert (tree.text, tree.language, str(tree.root)) == (text, language, str(fresh.root))


def test_a_language_without_a_grammar_has_no_tree(kept: Remembered) -> None:
    assert tree_of("x", "no such language", "a.txt") is None
    assert len(kept) == 0
