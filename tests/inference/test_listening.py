"""The child's ears, by both ways of waiting for a pipe."""

import os
from collections.abc import Iterator

import pytest

from slm_lsp.inference.listening import reads

WHILE_NOTHING_COMES_S = 0.01
LONG_S = 30.0


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


@pytest.mark.parametrize("can_select", [True, False], ids=["posix", "windows"])
def test_what_comes_in_time_what_does_not_and_the_end(
    pipe: tuple[int, int], can_select: bool
) -> None:
    reading, writing = pipe
    read = reads(reading, can_select=can_select)
    assert read(WHILE_NOTHING_COMES_S) is None and read(0.0) is None
    os.write(writing, b"a question")
    assert read(LONG_S) == b"a question"
    os.write(writing, b"another one")
    assert read(None) == b"another one"
    os.close(writing)
    assert read(LONG_S) == b""


def test_a_pipe_that_breaks_has_ended(pipe: tuple[int, int]) -> None:
    """On Windows, where a thread waits for it: or the child would outlive its server."""
    _, writing = pipe
    read = reads(writing, can_select=False)  # an end that cannot be read
    assert read(LONG_S) == b""
    os.close(writing)
