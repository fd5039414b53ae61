"""Columns in three encodings, against the definition of each encoding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_lsp.columns import Encoding, from_code_points, to_code_points, width

CODEC = {Encoding.UTF8: "utf-8", Encoding.UTF16: "utf-16-le", Encoding.UTF32: "utf-32-le"}
UNIT = {Encoding.UTF8: 1, Encoding.UTF16: 2, Encoding.UTF32: 4}
# Characters of every width, and lone halves of pairs, which JSON can say.
LINES = st.text(st.sampled_from("ab\x0cé\u2028中😀𝒳\ud83d\ude00"), max_size=12)
ENCODINGS = list(Encoding)


def units(text: str, encoding: Encoding) -> int:
    return sum(len(c.encode(CODEC[encoding], "surrogatepass")) // UNIT[encoding] for c in text)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(line=LINES)
def test_every_boundary_goes_there_and_back(line: str, encoding: Encoding) -> None:
    for n in range(len(line) + 1):
        column = from_code_points(line, n, encoding)
        assert column == units(line[:n], encoding)
        assert to_code_points(line, column, encoding) == n


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(line=LINES, column=st.integers(-3, 60))
def test_any_column_is_the_last_boundary_before_it(
    line: str, column: int, encoding: Encoding
) -> None:
    starts = [units(line[:n], encoding) for n in range(len(line) + 1)]
    expected = max((n for n, start in enumerate(starts) if start <= column), default=0)
    assert to_code_points(line, column, encoding) == expected


@pytest.mark.parametrize(
    ("encoding", "expected"), [(Encoding.UTF8, 10), (Encoding.UTF16, 5), (Encoding.UTF32, 4)]
)
def test_width(encoding: Encoding, expected: int) -> None:
    assert width("aé中😀", encoding) == expected
