"""Messages as bytes on a pipe: a marker, a length, and a JSON array ["Type", field, …].

Both ends run the same version of this file, so every deviation is damage, not dialect: it is
a `WireError`, and whoever reads it gives the other end up.
"""

import json
import struct
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from slm_lsp.inference.wire import Message

# Rubbish that some library prints must not be taken for a length: frames start with two bytes
# that no UTF-8 text contains.
HEADER = struct.Struct(">2sI")
MARK = b"\xfe\xed"

# A prompt of a hundred thousand tokens is about half a megabyte.
MAX_FRAME_BYTES = 8 * 1024 * 1024


class WireError(Exception):
    """What came through the pipe is not what the other end of it would send."""


def encode(message: Message) -> bytes:
    """One frame. Raises `WireError` where the other end would refuse it."""
    body = [type(message).__name__, *(_plain(value) for value in _values(message))]
    payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )
    if len(payload) > MAX_FRAME_BYTES:
        raise WireError(f"a frame of {len(payload)} bytes is more than {MAX_FRAME_BYTES}")
    return HEADER.pack(MARK, len(payload)) + payload


def frame_length(header: bytes) -> int:
    """How many bytes follow this header."""
    mark, length = HEADER.unpack(header)
    if mark != MARK:
        raise WireError(f"a frame starts with {bytes(mark).hex()}, not {MARK.hex()}")
    if length > MAX_FRAME_BYTES:
        raise WireError(f"a frame of {length} bytes is more than {MAX_FRAME_BYTES}")
    return length


def decode(payload: bytes) -> Message:
    """The message in a frame's payload."""
    try:
        body = json.loads(payload.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise WireError("a frame does not hold JSON") from error
    if not isinstance(body, list) or not body or not isinstance(body[0], str):
        raise WireError("a frame holds no message")
    if body[0] not in READERS:
        raise WireError("a frame holds no known message")
    try:
        return READERS[body[0]](body[1:])
    except (TypeError, ValueError, OverflowError) as error:
        raise WireError(f"a frame holds a malformed {body[0]}") from error


class FrameReader:
    """Collects bytes, as they arrive, into messages."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes."""
        self._bytes += data
        messages: list[Message] = []
        while len(self._bytes) >= HEADER.size:
            end = HEADER.size + frame_length(bytes(self._bytes[: HEADER.size]))
            if len(self._bytes) < end:
                break
            messages.append(decode(bytes(self._bytes[HEADER.size : end])))
            del self._bytes[:end]
        return messages

    def finish(self) -> None:
        """The pipe has closed: complain if it did so inside a frame."""
        if self._bytes:
            raise WireError(f"the pipe closed {len(self._bytes)} bytes into a frame")


def _values(value: Any) -> list[Any]:
    return [getattr(value, field.name) for field in fields(value)]


def _plain(value: Any) -> Any:
    return [_plain(item) for item in _values(value)] if is_dataclass(value) else value


Reader = Callable[[Any], Any]


def _reader(hint: Any) -> Reader:
    """A function that checks a JSON value against a type hint, and returns it as that type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return _message_reader(hint)
    if origin is UnionType:
        (inner,) = [_reader(argument) for argument in arguments if argument is not NoneType]
        return lambda value: None if value is None else inner(value)
    if origin is tuple and arguments[-1] is Ellipsis:
        item = _reader(arguments[0])
        return lambda value: tuple([item(one) for one in _list(value)])
    if origin is tuple:
        items = [_reader(argument) for argument in arguments]
        return lambda value: tuple(read(one) for read, one in zip(items, _list(value), strict=True))
    if origin is dict:
        return lambda value: {
            _exactly(str, k): _exactly(str, v) for k, v in _exactly(dict, value).items()
        }
    if issubclass(hint, StrEnum):
        return hint
    if hint is float:
        return lambda value: float(_exactly((int, float), value))
    return lambda value: _exactly(hint, value)


def _message_reader(message: Any) -> Reader:
    hints = get_type_hints(message)
    readers = [_reader(hints[field.name]) for field in fields(message)]
    return lambda values: message(
        *(read(value) for read, value in zip(readers, _list(values), strict=True))
    )


def _exactly(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{type(value).__name__} instead of {kind}")
    return value


def _list(value: Any) -> list[Any]:
    return _exactly(list, value)


READERS: dict[str, Reader] = {kind.__name__: _message_reader(kind) for kind in get_args(Message)}
