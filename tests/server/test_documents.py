"""Our overlay of open documents, against a reference that is too simple to be wrong."""

import random
import time

import pytest

from slm_lsp.columns import Encoding
from slm_lsp.documents import Document, Place, encodable, split_lines
from tests.support.typing_session import position, random_edit, random_text

ENCODINGS = list(Encoding)


def a_document(text: str, encoding: Encoding = Encoding.UTF16) -> Document:
    return Document("file:///a.py", "python", 1, text, encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("seed", range(5))
def test_a_thousand_random_edits(encoding: Encoding, seed: int) -> None:
    rng = random.Random(seed)
    text = random_text(rng, 300)
    document = a_document(text, encoding)
    for _ in range(1000):
        edit = random_edit(rng, text, encoding)
        told = document.edit(Place(*edit.start), Place(*edit.end), edit.text)
        before, text = text, edit.after
        assert document.text == text
        assert document._lines == split_lines(text)
        # What the edit says about itself is true too.
        end = told.offset + len(told.removed)
        assert before[: told.offset] + told.inserted + before[end:] == text
        if len(text) > 4000:
            text = text[:1000]
            document.replace(text)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_offsets_and_places_agree_with_the_reference(encoding: Encoding) -> None:
    rng = random.Random(1)
    text = random_text(rng, 120)
    document, snapshot = a_document(text, encoding), a_document(text, encoding).snapshot()
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] == "\r\n" and offset:
            continue
        place = Place(*position(text, offset, encoding))
        assert document.offset_at(place) == offset
        assert snapshot.offset_at(place) == offset
        assert snapshot.place_at(offset) == place


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a\n", ""]),
        ("a\r\nb\rc\n", ["a\r\n", "b\r", "c\n", ""]),
        ("a\x0cb\u2028c\x85d\x1ce\n", ["a\x0cb\u2028c\x85d\x1ce\n", ""]),
        ("\r\r\n\n", ["\r", "\r\n", "\n", ""]),
    ],
)
def test_lines_end_where_lsp_says(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


@pytest.mark.parametrize(
    ("start", "end", "text", "expected"),
    [
        (Place(9, 0), Place(9, 5), "x", "ab\ncdx"),  # below the last line: the end
        (Place(0, 99), Place(0, 99), "x", "abx\ncd"),  # beyond the line's end: before its line end
        (Place(1, 99), Place(1, 99), "x", "ab\ncdx"),  # the same where there is no line end
        (Place(1, 1), Place(0, 1), "x", "axd"),  # the wrong way round
        (Place(-1, -1), Place(0, 0), "x", "xab\ncd"),
    ],
)
def test_places_outside_are_moved_to_the_edge(
    start: Place, end: Place, text: str, expected: str
) -> None:
    document = a_document("ab\ncd")
    document.edit(start, end, text)
    assert document.text == expected


def test_a_line_feed_that_comes_to_stand_after_a_carriage_return() -> None:
    document = a_document("a\rb\nc")
    document.edit(Place(1, 0), Place(1, 1), "")
    assert document.text == "a\r\nc"
    document.edit(Place(1, 0), Place(1, 1), "x")
    assert document.text == "a\r\nx"


def test_lone_surrogates_stay_in_the_document_but_not_in_what_is_computed_with() -> None:
    document = a_document("a\ud83db")
    assert document.snapshot().text == "a\ufffdb"
    document.edit(Place(0, 2), Place(0, 2), "\ude00")
    assert document.text == "a\ud83d\ude00b"
    assert encodable("plain") == "plain"


def test_a_snapshot_does_not_change() -> None:
    document = a_document("one")
    snapshot = document.snapshot()
    document.edit(Place(0, 0), Place(0, 3), "two")
    assert (snapshot.text, document.text) == ("one", "two")


def test_typing_into_a_long_file_is_cheap() -> None:
    """Re-splitting 50,000 lines at each key would take some 10 s here."""
    document = a_document("def f(x):\n    return x + 1  # and some more\n" * 25_000)
    started = time.process_time()
    for column in range(1000):
        document.edit(Place(40_000, column), Place(40_000, column), "x")
    assert time.process_time() - started < 0.5
    assert document.text.count("x" * 1000) == 1
