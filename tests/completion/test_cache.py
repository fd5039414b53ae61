"""Typing along, deleting and typing again, and never an answer that belongs elsewhere."""

import random

import pytest
from slm_context.cursor import DocumentContext

from slm_lsp.completion import kept_lines
from slm_lsp.completion.cache import SuggestionCache
from slm_lsp.completion.types import Completion, Token, without
from tests.support.markup import document_at

SCOPE = "model:template:context"


def remember(marked: str, text: str, n_replaced: int = 0) -> SuggestionCache:
    cache = SuggestionCache()
    cache.put(SCOPE, document_at(marked), Completion(text, (Token(text, -0.1),), n_replaced))
    return cache


def found(cache: SuggestionCache, marked: str, scope: str = SCOPE, path: str = "a.py"):
    hit = cache.get(scope, document_at(marked, path))
    return hit and (hit.completion.text, hit.completion.n_replaced, hit.typed)


def test_typing_along_hits_at_every_key() -> None:
    text = "add(first, second)"
    cache = remember("x = 1\ny = █\nz = 3\n", text)
    for n in range(len(text)):
        assert found(cache, f"x = 1\ny = {text[:n]}█\nz = 3\n") == (text[n:], 0, n)


def test_typing_along_over_lines() -> None:
    text = "w = abs(w)\n    return w * w"
    cache = remember("def area(w):\n    █\n", text)
    for n in range(len(text)):
        assert found(cache, f"def area(w):\n    {text[:n]}█\n") == (text[n:], 0, n)


def test_typing_along_where_lines_end_in_crlf() -> None:
    text = "w = abs(w)\r\n    return w"
    cache = remember("def area(w):\r\n    █\r\n", text)
    for n in range(len(text)):
        if text[n - 1 : n + 1] != "\r\n":  # no cursor stands within a line end
            assert found(cache, f"def area(w):\r\n    {text[:n]}█\r\n") == (text[n:], 0, n)


def test_the_tokens_go_along() -> None:
    cache = SuggestionCache()
    tokens = (Token("add", -0.1), Token("(first", -0.2), Token(")", -0.3))
    cache.put(SCOPE, document_at("y = █"), Completion("add(first)", tokens))
    for typed, left in (("", 3), ("add", 2), ("add(f", 2), ("add(first", 1)):
        hit = cache.get(SCOPE, document_at(f"y = {typed}█"))
        assert hit is not None and len(hit.completion.tokens) == left


def test_typing_something_else_misses() -> None:
    cache = remember("y = █\n", "first")
    assert found(cache, "y = s█\n") is None
    assert found(cache, "y = first█\n") is None


def test_deleting_gives_the_suggestion_before() -> None:
    cache = remember("total = fir█\n", "st + second")
    assert found(cache, "total = █\n") == ("first + second", 0, -3)
    assert found(cache, "total = fi█\n") == ("rst + second", 0, -1)
    assert found(cache, "tot█\n") == ("al = first + second", 0, -8)


def test_deleting_and_typing_again() -> None:
    cache = remember("y = █\n", "first + second")
    assert found(cache, "y = first█\n") == (" + second", 0, 5)
    assert found(cache, "y = fir█\n") == ("st + second", 0, 3)


def test_words_and_lines_that_were_taken_go_on() -> None:
    cache = remember("def f():\n    █\n", "first = 1\n    second = 2")
    assert found(cache, "def f():\n    first█\n") == (" = 1\n    second = 2", 0, 5)
    assert found(cache, "def f():\n    first = 1\n    █\n") == ("second = 2", 0, 14)


def test_closers_typed_ahead_on_the_way() -> None:
    """The person types `(`, and the editor its closer."""
    cache = remember("total = █\n", "add(first)")
    assert found(cache, "total = add(█)\n") == ("first)", 1, 4)
    assert found(cache, "total = add(fir█)\n") == ("st)", 1, 7)


def test_closers_that_the_suggestion_replaces() -> None:
    cache = remember("total = add(█)\n", "first)", n_replaced=1)
    assert found(cache, "total = add(fi█)\n") == ("rst)", 1, 2)
    # The person typed over the closer: there is nothing left to replace.
    assert found(cache, "total = add(first█)\n") == (")", 1, 5)


@pytest.mark.parametrize(
    ("marked", "scope", "path"),
    [
        ("x = 1\ny = █\nz = 3\n", SCOPE, "b.py"),
        ("x = 1\ny = █\nz = 3\n", "other", "a.py"),
        ("x = 1\ny = █\nz = 4\n", SCOPE, "a.py"),
        ("x = 2\ny = █\nz = 3\n", SCOPE, "a.py"),
        ("x = 1\ny = █ + 1\nz = 3\n", SCOPE, "a.py"),
        ("\nx = 1\ny = █\nz = 3\n", SCOPE, "a.py"),
    ],
    ids=["file", "model", "suffix", "prefix", "code after the cursor", "line"],
)
def test_never_an_answer_from_elsewhere(marked: str, scope: str, path: str) -> None:
    cache = remember("x = 1\ny = █\nz = 3\n", "first")
    assert found(cache, "x = 1\ny = █\nz = 3\n") is not None
    assert found(cache, marked, scope, path) is None


def test_the_latest_suggestion_of_a_line_wins() -> None:
    cache = remember("y = █\n", "first + second")
    cache.put(SCOPE, document_at("y = fi█\n"), Completion("rst * 3"))
    assert found(cache, "y = fir█\n") == ("st * 3", 0, 1)
    assert found(cache, "y = █\n") == ("first + second", 0, 0)


def test_a_hit_always_leads_to_the_same_file() -> None:
    """Random sessions: whatever hits makes the text that was suggested once."""
    rng = random.Random(4)
    for _ in range(300):
        cache, ends = SuggestionCache(), set()
        before, after = "x = f(1)\ny = ", rng.choice(["\n", ")\n", ")]\n", "\nz = 1\n"])
        for _ in range(6):
            typed = "".join(rng.choices("ab(", k=rng.randrange(4)))
            text = "".join(rng.choices("ab()\n", k=rng.randrange(1, 8)))
            document = DocumentContext(
                "a.py", "python", before + typed + after, len(before + typed)
            )
            ahead = len(document.line_suffix)
            n_replaced = rng.randrange(ahead + 1)
            cache.put(SCOPE, document, Completion(text, (), n_replaced))
            ends.add(before + typed + text + after[n_replaced:])
            typed = "".join(rng.choices("ab(", k=rng.randrange(4)))
            asked = DocumentContext("a.py", "python", before + typed + after, len(before + typed))
            hit = cache.get(SCOPE, asked)
            if hit is not None:
                suffix = asked.suffix[hit.completion.n_replaced :]
                assert asked.prefix + hit.completion.text + suffix in ends


def test_old_lines_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_lines, "MAX_ENTRIES", 10)
    cache = SuggestionCache()
    for n in range(30):
        cache.put(SCOPE, document_at("\n" * n + "y = █\n"), Completion("first"))
    assert found(cache, "y = █\n") is None
    assert found(cache, "\n" * 29 + "y = █\n") is not None


def test_clear() -> None:
    cache = remember("y = █\n", "first")
    cache.clear()
    assert found(cache, "y = █\n") is None


def test_a_token_that_is_begun_is_kept_as_its_rest() -> None:
    tokens = (Token("add", -0.1), Token("(first", -0.2))
    assert without(tokens, 5) == (Token("irst", -0.2),)
    assert without(tokens, 3) == tokens[1:]
    assert without(tokens, 9) == ()
