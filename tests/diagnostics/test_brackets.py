import pytest

from slm_lsp.diagnostics.brackets import Bracket, imbalances


def scan(text: str) -> list[Bracket]:
    return [Bracket(i, c) for i, c in enumerate(text) if c in "()[]{}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(a, [b])", []),
        ("f(a, [b)", [(5, "]")]),
        ("f(a]", [(1, ")"), (3, "[")]),
        ("f(a))", [(4, "(")]),
        ("{ f(a; }", [(3, ")")]),
        ("if (x {\n  y();\n}", [(3, ")")]),
        # the inner block lost its closer: the last one stands at the outer one's indentation
        ("fn {\n  if {\n    x\n}\n", [(10, "}")]),
        ("fn {\n  if {\n    x\n  }\n", [(3, "}")]),
        ("", []),
    ],
)
def test_imbalances(text: str, expected: list[tuple[int, str]]) -> None:
    found = [(one.offset, one.missing) for one in imbalances(text, scan(text))]
    assert found == expected
