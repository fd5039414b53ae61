"""How the file goes on behind the same words, next to what is suggested."""

import pytest
from slm_context.cursor import DocumentContext

from slm_lsp.completion.echo import Echo, echo
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


@pytest.mark.parametrize(
    ("line", "text", "expected"),
    [
        pytest.param("    x = shape.█", "height()", Echo(3, 1 / 3), id="behind three tokens"),
        pytest.param("    x = shape.█", "depth()", Echo(3, 0.0), id="never"),
        pytest.param("    x = shape.w█", "idth()", Echo(3, 1 / 2), id="a word begun"),
        pytest.param("    x = selfshape.█", "height()", Echo(1, 2 / 4), id="words are whole"),
        pytest.param("    █", "return 1", Echo(0, 1 / 6), id="how lines begin"),
        pytest.param("    ret█", "urn 1", Echo(0, 1 / 2), id="a line's first word begun"),
        pytest.param("    return width█", " * 2", Echo(1, 1 / 2), id="behind a whole word"),
        pytest.param("    zzz █", "y", Echo(), id="behind what stands nowhere"),
        pytest.param("    x = shape.█", "", Echo(), id="nothing suggested"),
    ],
)
def test_echo(line: str, text: str, expected: Echo) -> None:
    found = echo(at_cursor(FILE + line + "\n"), text)
    assert found == Echo(expected.n_context, pytest.approx(expected.share))


def test_the_line_under_the_cursor_is_no_evidence() -> None:
    assert echo(at_cursor("one.two(one.█)\n"), "two").share == 0


def test_far_lines_are_not_read() -> None:
    far = "shape.width\n" + "pass\n" * 20_000
    assert echo(at_cursor(far + "shape.█\n"), "width") == Echo()
