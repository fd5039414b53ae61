"""A model between PyTorch and GGUF, both ways, with its tokenizer and its markers."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import gguf
import numpy as np
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from slm_lsp.tune.network import Network, Shape

# llama.cpp's "qwen2" pre-tokenizer, as it is written there.
PRE_TOKENIZER = "qwen2"
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
END, PREFIX, MIDDLE, SUFFIX, PAD, REPOSITORY, FILE = MARKERS = (
    "<|endoftext|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
)
ROLES = {"pre": PREFIX, "mid": MIDDLE, "suf": SUFFIX, "pad": PAD, "rep": REPOSITORY, "sep": FILE}
ARCHITECTURE = "llama"


def new_tokenizer(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> Tokenizer:
    """Byte-level BPE that splits text as llama.cpp will."""
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    split = pre_tokenizers.Split(Regex(PATTERN), "isolated")
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, level])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def load(path: Path) -> tuple[Network, Tokenizer, str]:
    """The network (weights as f32), the tokenizer and the name of a GGUF file."""
    reader = gguf.GGUFReader(path)

    def field(key: str) -> Any:
        return reader.fields[key].contents()

    def number(key: str) -> Any:
        return field(f"{ARCHITECTURE}.{key}")

    if field("general.architecture") != ARCHITECTURE:
        raise ValueError(f"{path.name} is not of the {ARCHITECTURE} architecture")
    tokens: list[str] = field("tokenizer.ggml.tokens")
    shape = Shape(
        width=number("embedding_length"),
        layers=number("block_count"),
        heads=number("attention.head_count"),
        kv_heads=number("attention.head_count_kv"),
        hidden=number("feed_forward_length"),
        vocabulary=len(tokens),
        context=number("context_length"),
        rope_base=number("rope.freq_base"),
        # Kept as a 32-bit number in the file: 9.9999997e-06 is meant to be 1e-5.
        norm_epsilon=float(f"{number('attention.layer_norm_rms_epsilon'):.6g}"),
    )
    network = Network(shape)
    state: dict[str, torch.Tensor] = {}
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        values = np.asarray(values, dtype=np.float32).reshape(tuple(reversed(tensor.shape)))
        state[tensor.name] = torch.from_numpy(values.copy())
    if "output.weight" in state:
        raise ValueError(f"{path.name} has an output layer of its own; ours share the embedding")
    network.load_state_dict(state)
    merges = [tuple(merge.split(" ", 1)) for merge in field("tokenizer.ggml.merges")]
    tokenizer = new_tokenizer({token: i for i, token in enumerate(tokens)}, merges)  # pyright: ignore[reportArgumentType]
    kinds = field("tokenizer.ggml.token_type")
    special = [t for t, kind in zip(tokens, kinds, strict=True) if kind == gguf.TokenType.CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    return network, tokenizer, str(field("general.name"))


def read_tokenizer(path: Path) -> Tokenizer:
    """From a tokenizer.json, or out of a GGUF file."""
    return load(path)[1] if path.suffix == ".gguf" else Tokenizer.from_file(str(path))


def save(
    network: Network,
    tokenizer: Tokenizer,
    name: str,
    path: Path,
    kind: str = "f16",
    notes: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Write a GGUF file with weights of `kind`: "f32", "f16" or "q8_0"; norms are always f32.

    `notes` are numbers to keep beside what llama.cpp reads.
    """
    shape = network.shape
    writer = gguf.GGUFWriter(path, ARCHITECTURE)
    writer.add_name(name)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(shape.norm_epsilon)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_vocab_size(shape.vocabulary)
    quant = gguf.GGMLQuantizationType[kind.upper()]
    types = {"f32": "ALL_F32", "f16": "MOSTLY_F16", "q8_0": "MOSTLY_Q8_0"}
    writer.add_file_type(gguf.LlamaFileType[types[kind]])
    add_tokenizer(writer, tokenizer)
    for key, number in notes.items():
        writer.add_uint32(key, number)
    for tensor_name, tensor in network.state_dict().items():
        values = tensor.detach().float().cpu().numpy()
        if values.ndim == 1:
            writer.add_tensor(tensor_name, values)
        else:
            writer.add_tensor(tensor_name, gguf.quants.quantize(values, quant), raw_dtype=quant)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    table = json.loads(tokenizer.to_str())
    special = {token["content"] for token in table["added_tokens"]}
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE_TOKENIZER)
    writer.add_token_list(tokens)
    writer.add_token_types([control if token in special else normal for token in tokens])
    merges = table["model"]["merges"]
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    writer.add_eos_token_id(vocabulary[END])
    writer.add_eot_token_id(vocabulary[END])
    writer.add_pad_token_id(vocabulary[PAD])
    writer.add_add_bos_token(False)
    for role, marker in ROLES.items():
        writer.add_uint32(f"tokenizer.ggml.fim_{role}_token_id", vocabulary[marker])
