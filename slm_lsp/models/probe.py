"""Models with random weights and real shapes, to measure what a machine can do.

A few layers are enough: the time of a token grows with the number of weights that it meets.
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from slm_lsp.models.gguf import ARRAY, STRING, GgufArray
from slm_lsp.models.gguf_reader import read_header
from slm_lsp.models.manifest import bundled_model

ALIGNMENT = 32
Q8_0, F32 = 8, 0
N_VOCAB_BLOCK = 34  # bytes of 32 weights in Q8_0
U32, FLOAT, BOOL = 4, 6, 7


@dataclass(frozen=True, slots=True)
class Shape:
    """The widths of a model family, and how many of its layers are built."""

    name: str
    n_embd: int
    n_ff: int
    n_head: int
    n_head_kv: int
    n_layer: int

    @property
    def n_weights(self) -> int:
        kv = self.n_embd // self.n_head * self.n_head_kv
        attention = 2 * self.n_embd * self.n_embd + 2 * self.n_embd * kv
        return self.n_layer * (attention + 3 * self.n_embd * self.n_ff)


# Qwen2.5-Coder's widths at 0.5B and 1.5B parameters, with 6 of 24 and 3 of 28 layers.
SHAPES = (Shape("0.5B", 896, 4864, 14, 2, 6), Shape("1.5B", 1536, 8960, 12, 2, 3))


def write_probe(path: Path, shape: Shape) -> None:
    """A GGUF file of this shape, with the bundled model's vocabulary."""
    bundled = read_header(bundled_model().path).metadata
    vocabulary = {key: value for key, value in bundled.items() if key.startswith("tokenizer.")}
    n_vocab = vocabulary["tokenizer.ggml.tokens"].count
    metadata: dict[str, Any] = {
        "general.architecture": "llama",
        "general.name": f"probe-{shape.name}",
        "llama.context_length": 1024,
        "llama.embedding_length": shape.n_embd,
        "llama.block_count": shape.n_layer,
        "llama.feed_forward_length": shape.n_ff,
        "llama.attention.head_count": shape.n_head,
        "llama.attention.head_count_kv": shape.n_head_kv,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        **vocabulary,
    }
    with path.open("wb") as file:
        _write(file, metadata, _tensors(shape, n_vocab))


def _tensors(shape: Shape, n_vocab: int) -> list[tuple[str, tuple[int, ...]]]:
    n_embd, n_ff = shape.n_embd, shape.n_ff
    n_kv = n_embd // shape.n_head * shape.n_head_kv
    tensors: list[tuple[str, tuple[int, ...]]] = [("token_embd.weight", (n_embd, n_vocab))]
    for layer in range(shape.n_layer):
        for name, extents in (
            ("attn_norm", (n_embd,)),
            ("attn_q", (n_embd, n_embd)),
            ("attn_k", (n_embd, n_kv)),
            ("attn_v", (n_embd, n_kv)),
            ("attn_output", (n_embd, n_embd)),
            ("ffn_norm", (n_embd,)),
            ("ffn_gate", (n_embd, n_ff)),
            ("ffn_up", (n_embd, n_ff)),
            ("ffn_down", (n_ff, n_embd)),
        ):
            tensors.append((f"blk.{layer}.{name}.weight", extents))
    return [*tensors, ("output_norm.weight", (n_embd,))]


def _write(
    file: BinaryIO, metadata: Mapping[str, Any], tensors: list[tuple[str, tuple[int, ...]]]
) -> None:
    head = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)))
    for key, value in metadata.items():
        head += _string(key) + _typed(value)
    offset = 0
    for name, extents in tensors:
        head += _string(name) + struct.pack(f"<I{len(extents)}Q", len(extents), *extents)
        head += struct.pack("<IQ", F32 if len(extents) == 1 else Q8_0, offset)
        offset += _padded(_n_bytes(extents))
    file.write(head + bytes(-len(head) % ALIGNMENT))
    noise = _noise()
    for _, extents in tensors:
        n_bytes = _n_bytes(extents)
        one = struct.pack("<f", 1.0) if len(extents) == 1 else noise
        content = one * (n_bytes // len(one) + 1)
        file.write(content[:n_bytes] + bytes(_padded(n_bytes) - n_bytes))


def _noise() -> bytes:
    """Blocks of Q8_0 with a small scale: ordinary numbers, none that slow the processor down."""
    scale = struct.pack("<e", 0.001)
    return b"".join(scale + os.urandom(N_VOCAB_BLOCK - len(scale)) for _ in range(4096))


def _n_bytes(extents: tuple[int, ...]) -> int:
    if len(extents) == 1:
        return extents[0] * 4
    return extents[0] * extents[1] // 32 * N_VOCAB_BLOCK


def _padded(n_bytes: int) -> int:
    return n_bytes + -n_bytes % ALIGNMENT


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _typed(value: Any) -> bytes:
    if isinstance(value, GgufArray):
        return struct.pack("<IIQ", ARRAY, value.kind, value.count) + value.raw
    if isinstance(value, str):
        return struct.pack("<I", STRING) + _string(value)
    if isinstance(value, bool):
        return struct.pack("<I?", BOOL, value)
    if isinstance(value, float):
        return struct.pack("<If", FLOAT, value)
    return struct.pack("<II", U32, value)
