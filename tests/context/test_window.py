"""The window around the cursor stays where it is while that costs nothing."""

from dataclasses import replace

from slm_context.cursor import DocumentContext
from slm_context.window import Window, fit_window

LINES = [f"value_{n} = compute({n})\n" for n in range(400)]
TEXT = "".join(LINES)


def at_line(n: int, typed: str = "", text: str = TEXT) -> DocumentContext:
    offset = sum(len(line) for line in text.splitlines(keepends=True)[:n])
    return DocumentContext(
        "a.py", "python", text[:offset] + typed + "\n" + text[offset:], offset + len(typed)
    )


def test_typing_moves_neither_end() -> None:
    first = fit_window(at_line(200), 2000)
    window = first
    for n in range(1, 40):
        window = fit_window(at_line(200, "x" * n), 2000, window, 4000)
        assert (window.start, window.suffix) == (first.start, first.suffix)
        assert window.prefix == first.prefix + "x" * n


def test_a_budget_that_shrinks_or_grows_a_little_moves_nothing() -> None:
    first = fit_window(at_line(200), 2000)
    for n_chars in (1200, 1600, 2400):
        assert fit_window(at_line(200), n_chars, first, 4000) == first


def test_what_is_evaluated_already_may_outgrow_what_could_be_evaluated_in_time() -> None:
    first = fit_window(at_line(200), 2000)
    longer = fit_window(at_line(200, "y" * 1500), 2000, first, 4000)
    assert longer.start == first.start and len(longer.prefix) > 2000
    too_long = fit_window(at_line(200, "y" * 3500), 2000, longer, 4000)
    assert too_long.start > first.start
    assert len(too_long.prefix) + len(too_long.suffix) <= 2000


def test_another_place_of_the_file_gets_a_window_of_its_own() -> None:
    before = fit_window(at_line(300), 2000)
    for line in (100, 398):
        document = at_line(line)
        assert fit_window(document, 2000, before, 4000) == fit_window(document, 2000)


def test_a_window_that_tells_too_little_is_not_kept() -> None:
    small = fit_window(at_line(200), 600)
    assert len(fit_window(at_line(200), 4000, small, 4000).prefix) > 2000


def test_another_text_at_the_same_place_is_not_the_same_window() -> None:
    first = fit_window(at_line(200), 2000)
    other = at_line(200, text=TEXT.replace("compute", "imagine"))
    assert fit_window(other, 2000, first, 4000) == fit_window(other, 2000)


def test_a_short_file_is_shown_whole() -> None:
    document = DocumentContext("a.py", "python", "x = 1\n", 6)
    assert fit_window(document, 2000, Window("x =", "", 0), 4000) == Window("x = 1\n", "", 0)
    assert replace(fit_window(document, 2000), start=0).prefix == "x = 1\n"
