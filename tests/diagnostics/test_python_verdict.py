import pytest

from slm_lsp.diagnostics.python_verdict import python_verdict


@pytest.mark.parametrize(
    ("text", "token", "timeless"),
    [
        ("x = (1,\ny = 2\n", "(", True),
        ("def f():\nreturn 1\n", "return", True),
        ("return 1\n", "return 1", True),
        ("def f(a, a): pass\n", None, True),
        ("x = 5 6\n", "6", False),
        ("é = '𝒳'; x = )\n", ")", True),
        ("a\rb = = 1\r", "=", False),
    ],
)
def test_says_where(text: str, token: str | None, timeless: bool) -> None:
    verdict = python_verdict(text)
    assert verdict is not None
    assert verdict.timeless is timeless
    if token is not None:
        assert text[verdict.start : verdict.end] == token


@pytest.mark.parametrize(
    "text", ["", "x = 1\n", "\x00", "x = '\ud800'", "(" * 5000 + ")" * 5000, "# \f\nx = 1\n"]
)
def test_never_raises_and_is_silent_about_what_it_cannot_judge(text: str) -> None:
    verdict = python_verdict(text)
    assert verdict is None or not verdict.timeless
