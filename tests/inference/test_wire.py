"""Every message survives the pipe, and nothing else does."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_lsp.inference.framing import (
    HEADER,
    MARK,
    MAX_FRAME_BYTES,
    FrameReader,
    WireError,
    decode,
    encode,
)
from slm_lsp.inference.wire import Cancel, Generate, Load, Message, Pong

MESSAGES = st.one_of(*(st.from_type(kind) for kind in get_args(Message)))


def frame(payload: bytes) -> bytes:
    return HEADER.pack(MARK, len(payload)) + payload


@given(MESSAGES)
def test_every_message_round_trips(message):
    frames = FrameReader()
    assert _same(frames.feed(encode(message)), [message])
    frames.finish()


@given(st.lists(MESSAGES, max_size=4), st.lists(st.integers(1, 40), min_size=1))
def test_frames_may_arrive_in_pieces(messages, sizes):
    data = b"".join(encode(message) for message in messages)
    frames, received, start = FrameReader(), [], 0
    for n in range(len(data)):
        size = sizes[n % len(sizes)]
        received += frames.feed(data[start : start + size])
        start += size
    assert _same(received, messages)
    frames.finish()


@given(st.binary(min_size=HEADER.size, max_size=200).filter(lambda data: data[:2] != MARK))
def test_garbage_is_detected_at_once(data):
    with pytest.raises(WireError):
        FrameReader().feed(data)


@given(MESSAGES, st.data())
def test_truncation_is_detected(message, data):
    whole = encode(message)
    n_bytes = data.draw(st.integers(1, len(whole) - 1))
    frames = FrameReader()
    assert frames.feed(whole[:n_bytes]) == []
    with pytest.raises(WireError):
        frames.finish()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"hello",
        b"{}",
        b"[]",
        b"[1]",
        b'["Nothing"]',
        b'["Cancel"]',
        b'["Cancel","1"]',
        b'["Cancel",true]',
        b'["Cancel",1,2]',
        b'["Cancel",[1]]',
        b'["Warm",1,[["text"]]]',
        b'["Done",1,"bored",1,1,1,0,0]',
        b'["Chunk",1,0,"a",{"a":1}]',
        b'["Loaded",{},"none",1]',
        b'[["Progress"],1]',
        b'[{"Progress":1}]',
        b'["Progress",1' + b"0" * 400 + b"]",
        b"[" * 100_000,
    ],
    ids=lambda payload: repr(payload[:30]),
)
def test_a_malformed_payload_is_refused(payload):
    with pytest.raises(WireError):
        decode(payload)


def test_a_frame_that_claims_to_be_huge_is_refused_before_it_arrives():
    with pytest.raises(WireError):
        FrameReader().feed(HEADER.pack(MARK, MAX_FRAME_BYTES + 1))


def test_a_message_too_large_is_refused_by_its_sender():
    with pytest.raises(WireError):
        encode(Generate(1, (("x" * MAX_FRAME_BYTES, False),), 1))


def test_a_frame_is_json_that_names_its_message():
    payload = encode(Cancel(7))[HEADER.size :]
    assert json.loads(payload) == ["Cancel", 7]


def test_lone_surrogates_survive():
    message = Generate(1, (("\ud800", False),), 1)
    assert FrameReader().feed(encode(message)) == [message]


def test_a_bool_is_not_a_number_and_a_number_is_not_a_bool():
    assert decode(b'["Pong",1,true,2]') == Pong(1, True, 2)
    with pytest.raises(WireError):
        decode(b'["Pong",1,1,2]')


def test_optional_fields_keep_their_absence():
    assert decode(encode(Generate(1, (), 1))[HEADER.size :]).deadline_ms is None
    assert decode(encode(Load("p", "s", 1, 1))[HEADER.size :]) == Load("p", "s", 1, 1)


def _same(one: list[Message], other: list[Message]) -> bool:
    """Equality that lets NaN equal itself."""
    return [repr(message) for message in one] == [repr(message) for message in other]
