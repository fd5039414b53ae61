"""Gitignore patterns: what they match, how long that takes, and what is no pattern."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from slm_lsp.globs import compiled, wrong_with

NAMES = st.text("ab", min_size=1, max_size=6)
PATHS = st.lists(NAMES, min_size=1, max_size=6).map("/".join)
PIECES = st.sampled_from(["a", "b", "*", "?", "[ab]", "/", "/**/", "**/", "/**", "**", "\\*", "!"])
PATTERNS = st.lists(PIECES, min_size=1, max_size=9).map("".join).filter(lambda one: one != "!")


@settings(max_examples=1500, deadline=None)
@given(lines=st.lists(PATTERNS, min_size=1, max_size=3), path=PATHS)
@example(lines=["a*a*b"], path="aab/aaab")
@example(lines=["**/a/**/b/**/a*", "!a"], path="a/b/b/a/b/ab")
def test_they_match_what_pathspec_matches(lines: list[str], path: str) -> None:
    expected = GitIgnoreSpec.from_lines(lines, backend="simple")
    assert compiled(tuple(lines)).match_file(path) == expected.match_file(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a*a*a*a*a*a*a*b", "a" * 60 + ".py"),
        ("*" + "a*" * 90 + "b", "a" * 250),
        ("*" + "?*" * 90 + "b", "a" * 250),
        ("*" + "[ab]*" * 30 + "c", "a" * 250),
        ("**/" + "a/**/" * 30 + "b", "a/" * 1000 + "c"),
        ("a/**/" + "*a*a/**/" * 20 + "b", "a/aaaa" * 400),
    ],
)
def test_no_pattern_takes_long(pattern: str, path: str) -> None:
    begin = time.process_time()
    assert not compiled((pattern,)).match_file(path)
    assert time.process_time() - begin < 2.0


@pytest.mark.parametrize("line", ["!", "a\\", "[z-a]", "[a", "x[!"])
def test_what_is_no_pattern_says_nothing(line: str) -> None:
    spec = compiled(("*.log", line))
    assert spec.match_file("a.log") and not spec.match_file("a.py")
    assert "is no gitignore pattern" in (wrong_with(line) or "")


@pytest.mark.parametrize("line", ["a", "*.py", "/", "# [a", " ", "[a-z]*", "\\[a", "!x", "a\\\\"])
def test_what_is_one(line: str) -> None:
    assert wrong_with(line) is None
