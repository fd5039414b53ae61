"""How the file goes on behind the same words, next to what is suggested."""

import pytest
from slm_context.cursor import DocumentContext

from slm_lsp.completion.copying import Copier
from slm_lsp.completion.counting import Echo
from tests.support.markup import cursor

FILE = """\
def area(shape):
    width = shape.width()
    return width * shape.height()

def outline(shape):
    height = shape.height()
"""


def at_cursor(marked: str) -> DocumentContext:
    return DocumentContext("a.py", "python", *cursor(marked))


def echo(document: DocumentContext, text: str, *others: str) -> tuple[Echo, Echo]:
    copier = Copier()
    copier.look_also_in(others)
    return copier.echo(document, text)


@pytest.mark.parametrize(
    ("line", "text", "expected"),
    [
        pytest.param("    x = shape.█", "height()", Echo(3, 2, 1 / 3), id="behind three words"),
        pytest.param("    x = shape.█", "depth()", Echo(3, 2, 0.0), id="never"),
        pytest.param("    x = shape.w█", "idth()", Echo(3, 1, 1 / 2), id="a word begun"),
        pytest.param("    x = selfshape.█", "height()", Echo(1, 3, 2 / 4), id="words are whole"),
        pytest.param("    █", "return 1", Echo(6, 1, 0.0), id="behind the same line"),
        pytest.param("    ret█", "urn 1", Echo(3, 1, 1 / 2), id="a line's first word begun"),
        pytest.param("    return width█", " * 2", Echo(5, 1, 1 / 2), id="behind a whole word"),
        pytest.param("    zzz █", "y", Echo(), id="behind what stands nowhere"),
        pytest.param("    x = shape.█", "", Echo(), id="nothing suggested"),
    ],
)
def test_echo(line: str, text: str, expected: Echo) -> None:
    document = at_cursor(FILE + line + "\n")
    about = Echo(expected.n_context, expected.n_places, pytest.approx(expected.share))
    assert echo(document, text) == (about, Echo())


def test_other_files_are_counted_apart() -> None:
    here, beside = echo(at_cursor("x = shape.█\n"), "height()", FILE)
    assert here == Echo() and beside == Echo(3, 2, pytest.approx(1 / 3))


def test_texts_with_a_longer_context_alone_are_counted() -> None:
    told = echo(at_cursor("a.x(█\n"), "one", "a.x(one)\n", "b.x(two)\n", "a.x(one)\n")[1]
    assert told == Echo(4, 2, pytest.approx(2 / 3))


def test_the_line_under_the_cursor_is_no_evidence() -> None:
    assert echo(at_cursor("one.two(one.█)\n"), "two")[0].share == 0


def test_far_lines_are_not_read() -> None:
    far = "shape.width\n" + "pass\n" * 20_000
    assert echo(at_cursor(far + "shape.█\n"), "width")[0] == Echo()
