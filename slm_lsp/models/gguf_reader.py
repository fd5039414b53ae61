"""A reader of GGUF headers that believes nothing: every count, length and offset is checked.

llama.cpp reads the same bytes in a child process later. What is wrong with a file is said here
first, in one sentence, without allocating what the file claims.
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slm_lsp.errors import ModelCorrupt
from slm_lsp.models.ggml_types import GGML_TYPES
from slm_lsp.models.gguf import ARRAY, NUMBERS, STRING, GgufArray, GgufHeader, GgufTensor
from slm_lsp.printable import clip

# Real files: some 40 to 80 keys, at most 1,500 tensors, vocabularies up to 262,144 entries, chat
# templates up to some 20 KB, headers up to some 25 MB. These limits leave room for ten times that.
MAX_KEYS = 4096
MAX_KEY_BYTES = 1024
MAX_STRING_BYTES = 4 << 20
# Of all arrays together; the largest vocabularies, with scores, types and merges, have 1.3 million.
MAX_ITEMS = 4_000_000
MAX_TENSORS = 20_000
MAX_HEADER_BYTES = 256 << 20
MAX_DIMENSIONS = 4
MAX_TENSOR_NAME_BYTES = 63  # GGML_MAX_NAME without the final zero
DEFAULT_ALIGNMENT = 32
BLOCK_BYTES = MAX_STRING_BYTES + 64  # holds at least one whole string


def read_header(path: Path) -> GgufHeader:
    """The header of a GGUF file. Raises ModelCorrupt, one sentence, for anything else."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            return _Reader(file, size).header()
    except _Wrong as wrong:
        raise ModelCorrupt(
            f"{path} is not a readable GGUF model: {wrong}; get the file again"
        ) from wrong
    except OSError as error:
        raise ModelCorrupt(f"{path} cannot be read: {error.strerror or error}") from error


class _Wrong(Exception):
    """What is wrong, as the middle of a sentence."""


class _Reader:
    """Walks through the header; `_take` is the only place that moves."""

    def __init__(self, file: Any, size: int) -> None:
        self._file = file
        self._size = size
        self._at = 0
        self._n_items = 0
        self._what = "the header"  # what is being read, for the sentence

    def header(self) -> GgufHeader:
        if self._size < 24:
            raise _Wrong(f"it has only {self._size} bytes")
        magic = self._take(4)
        if magic != b"GGUF":
            raise _Wrong("it does not begin with GGUF")
        version = self._number("I")
        if version not in (2, 3):
            if version & 0xFFFF == 0:
                raise _Wrong("it is written for big-endian machines")
            raise _Wrong(f"its format version is {version}, and 2 and 3 can be read")
        n_tensors = self._count("Q", "tensors", MAX_TENSORS)
        n_keys = self._count("Q", "metadata keys", MAX_KEYS)
        metadata: dict[str, Any] = {}
        for index in range(n_keys):
            self._what = f"metadata key {index + 1}"
            key = self._string(MAX_KEY_BYTES).decode("utf-8", "replace")
            if key in metadata:
                raise _Wrong(f"the metadata key `{clip(key)}` is there twice")
            self._what = f"the metadata key `{clip(key)}`"
            metadata[key] = self._value(self._number("I"))
        alignment = self._alignment(metadata)
        tensors = self._tensors(n_tensors, alignment)
        data_offset = _padded(self._at, alignment)
        self._check_fit(tensors, data_offset)
        return GgufHeader(version, metadata, tensors, alignment, data_offset, self._size)

    def _value(self, kind: int) -> Any:
        if kind in NUMBERS:
            return self._number(NUMBERS[kind])
        if kind == STRING:
            return self._string(MAX_STRING_BYTES).decode("utf-8", "replace")
        if kind != ARRAY:
            raise _Wrong(f"{self._what} has the unknown type {kind}")
        kind = self._number("I")
        count = self._count("Q", "items", MAX_ITEMS - self._n_items)
        self._n_items += count
        if kind in NUMBERS:
            return GgufArray(kind, count, self._take(count * struct.calcsize(NUMBERS[kind])))
        if kind != STRING:
            raise _Wrong(f"{self._what} is an array of the unknown type {kind}")
        return GgufArray(kind, count, self._strings(count))

    def _strings(self, count: int) -> bytes:
        """The raw bytes of so many strings, each length checked."""
        if count * 8 > self._size - self._at:
            raise _Wrong(f"{self._what} goes beyond the end of the file")
        unpack = struct.Struct("<Q").unpack_from
        parts: list[bytes] = []
        while count:
            # Vocabularies have many strings: walk through them a block at a time.
            block = self._file.read(BLOCK_BYTES)
            at = 0
            while count and at + 8 <= len(block):
                (length,) = unpack(block, at)
                if length > MAX_STRING_BYTES:
                    raise _Wrong(f"{self._what} holds a string of {length} bytes")
                if at + 8 + length > len(block):
                    break
                at += 8 + length
                count -= 1
            if at == 0:
                raise _Wrong(f"{self._what} goes beyond the end of the file")
            parts.append(block[:at])
            self._move(at)
            self._file.seek(self._at)
        return b"".join(parts)

    def _tensors(self, count: int, alignment: int) -> tuple[GgufTensor, ...]:
        tensors: list[GgufTensor] = []
        names: set[str] = set()
        expected = 0
        for index in range(count):
            self._what = f"tensor {index + 1}"
            name = self._string(MAX_TENSOR_NAME_BYTES).decode("utf-8", "replace")
            if name in names:
                raise _Wrong(f"the tensor `{clip(name)}` is there twice")
            names.add(name)
            self._what = f"the tensor `{clip(name)}`"
            tensor = self._tensor(name)
            if tensor.offset != expected:
                raise _Wrong(f"{self._what} is not where the one before it ends")
            expected = _padded(tensor.offset + tensor.n_bytes, alignment)
            tensors.append(tensor)
        return tuple(tensors)

    def _tensor(self, name: str) -> GgufTensor:
        n_dimensions = self._count("I", "dimensions", MAX_DIMENSIONS)
        shape = tuple(self._number("Q") for _ in range(n_dimensions)) or (1,)
        if not all(1 <= extent < 2**40 for extent in shape):
            raise _Wrong(f"{self._what} has the impossible shape {shape}")
        kind = self._number("I")
        if kind not in GGML_TYPES:
            raise _Wrong(f"{self._what} has the unknown type {kind}")
        type_name, n_block, block_bytes = GGML_TYPES[kind]
        if shape[0] % n_block:
            raise _Wrong(f"{self._what} has rows of {shape[0]}, no multiple of {n_block}")
        tensor = GgufTensor(name, shape, type_name, self._number("Q"), 0)
        n_bytes = tensor.n_weights // n_block * block_bytes
        if n_bytes > self._size:
            raise _Wrong(f"{self._what} is larger than the file")
        return GgufTensor(name, shape, type_name, tensor.offset, n_bytes)

    def _check_fit(self, tensors: tuple[GgufTensor, ...], data_offset: int) -> None:
        if not tensors:
            return
        end = data_offset + tensors[-1].offset + tensors[-1].n_bytes
        if end > self._size:
            raise _Wrong(f"it is cut off: {end} bytes are announced and {self._size} are there")

    def _alignment(self, metadata: Mapping[str, Any]) -> int:
        alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
        fits = isinstance(alignment, int) and 1 <= alignment <= 1 << 16
        if not fits or alignment & (alignment - 1):
            raise _Wrong("its alignment is not a power of two")
        return alignment

    def _number(self, code: str) -> Any:
        (value,) = struct.unpack(f"<{code}", self._take(struct.calcsize(code)))
        return value

    def _count(self, code: str, of: str, limit: int) -> int:
        count = self._number(code)
        if count > limit:
            raise _Wrong(f"{self._what} announces {count} {of}, and {limit} are the most")
        return count

    def _string(self, limit: int) -> bytes:
        length = self._number("Q")
        if length > limit:
            raise _Wrong(f"{self._what} announces {length} bytes, and {limit} are the most")
        return self._take(length)

    def _take(self, length: int) -> bytes:
        self._move(length)
        taken = self._file.read(length)
        if len(taken) != length:  # it became shorter while we read
            raise _Wrong(f"{self._what} goes beyond the end of the file")
        return taken

    def _move(self, length: int) -> None:
        if length > self._size - self._at:
            raise _Wrong(f"{self._what} goes beyond the end of the file")
        self._at += length
        if self._at > MAX_HEADER_BYTES:
            raise _Wrong(f"its header is larger than {MAX_HEADER_BYTES >> 20} MiB")


def _padded(offset: int, alignment: int) -> int:
    return offset + -offset % alignment
