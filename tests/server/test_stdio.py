"""Framing of messages, and the two threads between the pipes and the loop."""

import asyncio
import os
import random
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_lsp import stdio
from slm_lsp.stdio import Framing, Garbage, StdioReader, StdioWriter


def frame(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def read_all(sent: bytes, sizes: list[int] | None = None) -> list[bytes | str]:
    """What comes out when `sent` arrives in pieces of these sizes; garbage as its reason."""
    framing, found = Framing(), []
    pieces = sizes or [len(sent)]
    while sent:
        size = pieces.pop(0) if pieces else len(sent)
        found += [str(x) if isinstance(x, Garbage) else x for x in framing.feed(sent[:size])]
        sent = sent[size:]
    return found


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (frame(b"{}"), [b"{}"]),
        (frame(b"{}") + frame(b"[1]"), [b"{}", b"[1]"]),
        (b"content-length:2\r\n\r\n{}", [b"{}"]),
        (b"CONTENT-LENGTH :  2 \r\n\r\n{}", [b"{}"]),
        (b"Content-Type: x; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}", [b"{}"]),
        (b"Content-Length: 2\r\nContent-Type: x\r\n\r\n{}", [b"{}"]),
        (b"Content-Length: 2\n\n{}", [b"{}"]),
        (frame(b"") + frame(b"{}"), [b"", b"{}"]),
        (frame("é😀".encode()), ["é😀".encode()]),
    ],
)
def test_messages(sent: bytes, expected: list[bytes]) -> None:
    assert read_all(sent) == expected


@pytest.mark.parametrize(
    ("garbage", "n_complaints"),
    [
        (b"hello\r\n\r\n", 1),
        (b"\r\n\r\n\r\n", 1),
        (b"Content-Length: two\r\n\r\n", 1),
        (b"Content-Length: -2\r\n\r\n", 1),
        (b"Content-Length: 999999999999\r\n\r\n", 1),
        (b"\x00" * 100_000 + b"\n", 1),
        (b"no line end for a long time" * 1000 + b"\r\n\r\n", 1),
        (b"{}\r\n" * 50, 0),
    ],
)
def test_garbage_costs_itself_only(garbage: bytes, n_complaints: int) -> None:
    *complaints, body = read_all(garbage + frame(b'{"a": 1}'))
    assert body == b'{"a": 1}'
    assert len(complaints) == n_complaints


def test_pieces_of_any_size_make_the_same_messages() -> None:
    rng = random.Random(3)
    bodies = [bytes(rng.choices(b"{}\r\n a:", k=rng.randint(0, 50))) for _ in range(200)]
    sent = b"".join(map(frame, bodies))
    for _ in range(20):
        assert read_all(sent, [rng.randint(1, 30) for _ in range(len(sent))]) == bodies


async def test_the_reader_hands_over_bodies_and_then_none() -> None:
    reading, writing = os.pipe()
    os.write(writing, frame(b"{}"))
    os.close(writing)
    reader = StdioReader(reading)
    assert await reader.receive() == b"{}"
    assert await reader.receive() is None


async def test_the_reader_waits_for_those_who_handle_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stdio, "MAX_AHEAD", 3)
    reading, writing = os.pipe()
    os.write(writing, frame(b"{}") * 10)
    os.close(writing)
    reader = StdioReader(reading)
    for _ in range(10):
        assert reader._bodies.qsize() <= 3
        assert await reader.receive() == b"{}"
    assert await reader.receive() is None


async def test_writing_never_waits_for_a_client_that_does_not_read() -> None:
    reading, writing = os.pipe()
    broken: list[str] = []
    writer = StdioWriter(writing, broken.append)
    message = b"x" * 2**20
    for _ in range(20):
        writer.write(message)  # a pipe holds 64 KiB
    received = await asyncio.to_thread(_read, reading, 20 * 2**20)
    assert received == 20 * 2**20
    assert broken == []
    writer.close(1)


@pytest.mark.parametrize("kind", ["pipe", "socket"])
async def test_what_there_is_room_for_is_written_at_once(kind: str) -> None:
    ends = socket.socketpair()
    reading, writing = (one.detach() for one in ends) if kind == "socket" else os.pipe()
    for end in ends:
        end.close()
    os.set_blocking(reading, False)
    writer = StdioWriter(writing, lambda why: None)
    writer.write(b"first ")
    writer.write(b"second")
    assert os.read(reading, 100) == b"first second"
    writer.close(1)


@pytest.mark.parametrize("kind", ["pipe", "socket"])
async def test_small_answers_stay_in_order_behind_what_is_still_unread(kind: str) -> None:
    ends = socket.socketpair()
    reading, writing = (one.detach() for one in ends) if kind == "socket" else os.pipe()
    for end in ends:
        end.close()
    writer = StdioWriter(writing, lambda why: None)
    sent = [b"%d" % n * (2**21 if n == 3 else 9) for n in range(8)] * 2
    for message in sent:
        writer.write(message)
    expected, received = b"".join(sent), b""
    while len(received) < len(expected):
        received += await asyncio.to_thread(os.read, reading, 2**16)
    assert received == expected
    writer.close(1)


async def test_a_pipe_that_fills_up_with_small_answers_holds_nobody_up() -> None:
    reading, writing = os.pipe()
    writer = StdioWriter(writing, lambda why: None)
    for _ in range(300):
        writer.write(b"x" * 1000)
    assert await asyncio.to_thread(_read, reading, 300_000) == 300_000
    writer.close(1)


async def test_a_client_that_leaves_too_much_unread_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stdio, "MAX_UNWRITTEN_BYTES", 10 * 2**20)
    _reading, writing = os.pipe()
    broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    writer = StdioWriter(writing, broken.set_result)
    for _ in range(20):
        writer.write(b"x" * 2**20)
    assert "does not read" in await asyncio.wait_for(broken, 30)
    assert writer._n_unwritten <= 10 * 2**20


async def test_a_client_that_has_gone_is_noticed() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    StdioWriter(writing, broken.set_result).write(b"{}")
    assert "closed the connection" in await asyncio.wait_for(broken, 30)


async def test_messages_from_several_threads_do_not_mix() -> None:
    reading, writing = os.pipe()
    writer = StdioWriter(writing, lambda why: None)
    bodies = {b"%d" % i * 5000 for i in range(40)}
    threads = [threading.Thread(target=writer.write, args=(frame(body),)) for body in bodies]
    for thread in threads:
        thread.start()
    found, framing = set(), Framing()
    while len(found) < len(bodies):
        found |= set(framing.feed(await asyncio.to_thread(os.read, reading, 2**16)))
    assert found == bodies
    writer.close(1)


def _read(fd: int, n: int) -> int:
    total = 0
    while total < n:
        total += len(os.read(fd, 2**16))
    return total


@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([b"\r\n", b"Content-Length: 3\r\n", b":"]))
)
def test_no_bytes_harm_the_framing(pieces: list[bytes]) -> None:
    framing = Framing()
    for piece in pieces:
        for found in framing.feed(piece):
            assert isinstance(found, bytes | Garbage)
    assert len(framing._buffer) <= sum(map(len, pieces))
