"""Small GGUF files, written by the format's definition and independent of the reader."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MARKERS = ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>")
VOCABULARY = ("<end>", *MARKERS, *(chr(c) for c in range(97, 123)))


def a_model(**metadata: Any) -> "Gguf":
    """A file that passes every check, about 6 KB; a metadata value None leaves that key out."""
    n_embd = 32
    values: dict[str, Any] = {
        "general.architecture": "llama",
        "general.name": "tiny",
        "llama.context_length": 512,
        "llama.embedding_length": n_embd,
        "llama.block_count": 1,
        "llama.feed_forward_length": 64,
        "llama.attention.head_count": 4,
        "llama.attention.head_count_kv": 2,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": list(VOCABULARY),
        "tokenizer.ggml.token_type": [3] * 4 + [1] * 26,
        "tokenizer.ggml.eos_token_id": 0,
    }
    values |= {key.replace("__", "."): value for key, value in metadata.items()}
    return Gguf(
        {key: value for key, value in values.items() if value is not None},
        [
            Tensor("token_embd.weight", (n_embd, len(VOCABULARY)), 8, bytes(34 * len(VOCABULARY))),
            Tensor("output_norm.weight", (n_embd,), 0, struct.pack("<32f", *[1.0] * 32)),
        ],
    )


@dataclass
class Tensor:
    name: str
    shape: tuple[int, ...]
    type: int
    content: bytes


@dataclass
class Gguf:
    """What a file is to hold. Fields that lie about the rest make damaged files."""

    metadata: Mapping[str, Any]
    tensors: Sequence[Tensor]
    magic: bytes = b"GGUF"
    version: int = 3
    n_tensors: int | None = None
    n_keys: int | None = None
    offsets: Mapping[str, int] = field(default_factory=dict)
    alignment: int = 32

    def bytes(self) -> bytes:
        head = self.magic + struct.pack("<I", self.version)
        head += struct.pack("<Q", len(self.tensors) if self.n_tensors is None else self.n_tensors)
        head += struct.pack("<Q", len(self.metadata) if self.n_keys is None else self.n_keys)
        for key, value in self.metadata.items():
            head += _string(key) + _typed(value)
        body = b""
        for tensor in self.tensors:
            offset = self.offsets.get(tensor.name, len(body))
            head += _string(tensor.name) + struct.pack("<I", len(tensor.shape))
            head += struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape)
            head += struct.pack("<IQ", tensor.type, offset)
            body += tensor.content + bytes(-len(tensor.content) % self.alignment)
        return head + bytes(-len(head) % self.alignment) + body

    def write(self, path: Path) -> Path:
        path.write_bytes(self.bytes())
        return path


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _typed(value: Any) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + _string(value)
        case [str(), *_]:
            items = b"".join(_string(item) for item in value)
            return struct.pack("<IIQ", 9, 8, len(value)) + items
        case [*_]:
            return struct.pack("<IIQ", 9, 5, len(value)) + struct.pack(f"<{len(value)}i", *value)
        case bytes():  # written as it is, type included
            return value
    raise AssertionError(f"cannot write {value!r}")


def with_text(source: Path, target: Path, key: str, text: str) -> Path:
    """A copy of a model with one more text in its metadata, in front of the others.

    Its length is made a multiple of the alignment (spaces behind the text), so that the weights
    stay aligned where they are.
    """
    model = source.read_bytes()
    magic_to_tensors, (n_texts,) = model[:16], struct.unpack_from("<Q", model, 16)
    n_bytes = len(_string(key) + _typed(text))
    added = _string(key) + _typed(text + " " * (-n_bytes % 32))
    target.write_bytes(magic_to_tensors + struct.pack("<Q", n_texts + 1) + added + model[24:])
    return target
