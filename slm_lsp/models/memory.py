"""How much memory a model needs, and how much there is."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slm_lsp.models.gguf import GgufArray, GgufHeader

# llama.cpp evaluates prompts in micro-batches of 512 tokens; the largest buffers of one hold
# the feed-forward layer's activations and the logits, in 32-bit floats.
MICRO_BATCH = 512
# Buffers that do not grow with the model: graph, sampler, tokenizer, the Python process.
FIXED_BYTES = 80 << 20
CACHE_BYTES = 2  # a cell of the cache is a 16-bit float


def needed_bytes(header: GgufHeader, n_ctx: int) -> int:
    """Weights, cache and buffers; an estimate that is meant to be a little too high."""
    return header.weight_bytes + cache_bytes(header, n_ctx) + buffer_bytes(header) + FIXED_BYTES


def cache_bytes(header: GgufHeader, n_ctx: int) -> int:
    """The KV cache for so many tokens."""
    prefix = f"{header.metadata.get('general.architecture')}."
    n_embd = whole(header.metadata, f"{prefix}embedding_length", 0)
    n_head = max(1, whole(header.metadata, f"{prefix}attention.head_count", 1))
    n_head_kv = whole(header.metadata, f"{prefix}attention.head_count_kv", n_head)
    per_head = n_embd // n_head
    key = whole(header.metadata, f"{prefix}attention.key_length", per_head)
    value = whole(header.metadata, f"{prefix}attention.value_length", per_head)
    n_layer = whole(header.metadata, f"{prefix}block_count", 0)
    return n_layer * n_ctx * n_head_kv * (key + value) * CACHE_BYTES


def buffer_bytes(header: GgufHeader) -> int:
    prefix = f"{header.metadata.get('general.architecture')}."
    n_embd = whole(header.metadata, f"{prefix}embedding_length", 0)
    n_ff = whole(header.metadata, f"{prefix}feed_forward_length", 4 * n_embd)
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    n_vocab = tokens.count if isinstance(tokens, GgufArray) else 0
    return MICRO_BATCH * (4 * n_embd + 2 * n_ff + n_vocab) * 4


def whole(metadata: Mapping[str, Any], key: str, default: int) -> int:
    """A whole number; the largest one where a model has one for each layer.

    Anything else counts as not said, floats too: infinity is no number of layers.
    """
    value = metadata.get(key)
    if isinstance(value, GgufArray):
        numbers = () if value.of_strings else value.numbers()
    else:
        numbers = (value,)
    return max((n for n in numbers if type(n) is int), default=default)


def available_bytes() -> int | None:
    """Memory that a new process could take without swapping; None where nobody tells."""
    limits = [limit for limit in (_free_in_system(), _free_in_group()) if limit is not None]
    return min(limits) if limits else None


def _free_in_system() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass  # not Linux
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _free_in_group(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """What the container is allowed beyond what it uses."""
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            allowed = (root / limit).read_text(encoding="ascii").strip()
            in_use = (root / used).read_text(encoding="ascii").strip()
            if allowed.isdigit() and int(allowed) < 2**60:  # else there is no limit
                # Page cache counts as use, but gives way: half of it is a safe guess.
                return max(0, int(allowed) - int(in_use) // 2)
        except (OSError, ValueError):
            continue
    return None


def human(n_bytes: float) -> str:
    """`8778112` → `8.4 MiB`."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if n_bytes < 1024:
            return f"{n_bytes:.0f} {unit}" if unit == "bytes" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1024
    return f"{n_bytes:.1f} TiB"
