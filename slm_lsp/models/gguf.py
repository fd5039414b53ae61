"""What a GGUF file says before its weights begin: metadata by key, and where each tensor lies."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Types of values; those of one number each with their code in `struct`.
STRING, ARRAY = 8, 9
NUMBERS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}


@dataclass(frozen=True, slots=True)
class GgufArray:
    """An array as it lies in the file: lengths checked, items decoded when asked for."""

    kind: int
    count: int
    raw: bytes

    @property
    def of_strings(self) -> bool:
        return self.kind == STRING

    def strings(self) -> Iterator[bytes]:
        at = 0
        unpack = struct.Struct("<Q").unpack_from
        for _ in range(self.count):
            (length,) = unpack(self.raw, at)
            at += 8 + length
            yield self.raw[at - length : at]

    def numbers(self) -> tuple[Any, ...]:
        return struct.unpack(f"<{self.count}{NUMBERS[self.kind]}", self.raw)


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """What the header says of one tensor."""

    name: str
    shape: tuple[int, ...]
    type_name: str
    offset: int  # from the start of the data
    n_bytes: int

    @property
    def n_weights(self) -> int:
        product = 1
        for extent in self.shape:
            product *= extent
        return product


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """Everything in a GGUF file but the weights."""

    version: int
    metadata: Mapping[str, Any]
    tensors: tuple[GgufTensor, ...]
    alignment: int
    data_offset: int
    file_size: int

    @property
    def n_weights(self) -> int:
        return sum(tensor.n_weights for tensor in self.tensors)

    @property
    def weight_bytes(self) -> int:
        return sum(tensor.n_bytes for tensor in self.tensors)
