"""Text under way: whole characters, no stop string, every token accounted for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_lsp.inference.text import TextStream


def run(pieces: list[bytes], stop: tuple[str, ...]) -> tuple[list[tuple[str, float]], bool]:
    stream, tokens, stopped = TextStream(stop), [], False
    for n, piece in enumerate(pieces):
        stopped = stream.push(piece, -float(n))
        tokens += stream.take()
        if stopped:
            break
    return tokens + list(stream.finish()), stopped


@pytest.mark.parametrize(
    "pieces, stop, text, stopped",
    [
        ([b"a", b"b"], (), "ab", False),
        ([b"a", b"\n", b"b"], ("\n",), "a", True),
        ([b"a\nb"], ("\n",), "a", True),
        ([b"ab<", b"end", b">c"], ("<end>",), "ab", True),
        ([b"ab<", b"en"], ("<end>",), "ab<en", False),
        ([b"<e", b"<end>"], ("<end>",), "<e", True),
        ([b"xaab"], ("aab", "ab"), "x", True),
        ([b"a", b"b;c\n"], ("\n", ";"), "ab", True),
        ([b"\xc3", b"\xa9"], (), "é", False),
        ([b"a\xf0\x9f", b"\x98\x80b"], (), "a\U0001f600b", False),
        ([b"a", b"\xf0\x9f"], (), "a", False),
        ([b"a", b"\xff", b"b"], (), "a", True),
    ],
    ids=str,
)
def test_text(pieces, stop, text, stopped):
    tokens, was_stopped = run(pieces, stop)
    assert "".join(token for token, _ in tokens) == text
    assert was_stopped is stopped


@given(st.text(), st.lists(st.integers(1, 5)), st.lists(st.text(min_size=1, max_size=4)))
def test_a_stop_string_never_leaks_and_nothing_else_is_lost(text, sizes, stop):
    data, pieces = text.encode("utf-8", "replace"), []
    for size in [*sizes, max(len(data), 1)]:
        pieces.append(data[:size])
        data = data[size:]
    tokens, _ = run(pieces, tuple(stop))
    whole = text.encode("utf-8", "replace").decode()
    found = [whole.find(one) for one in stop if one in whole]
    assert "".join(token for token, _ in tokens) == (whole[: min(found)] if found else whole)
    assert [logprob for _, logprob in tokens] == [-float(n) for n in range(len(tokens))]


def test_what_may_become_a_stop_string_is_held_back():
    stream = TextStream(("END",))
    stream.push(b"xE", 0.0)
    assert stream.take() == ()
    stream.push(b"x", 0.0)
    assert stream.take() == (("xE", 0.0), ("x", 0.0))
