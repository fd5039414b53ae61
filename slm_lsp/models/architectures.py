"""Which model families can complete code in an editor, and why the others cannot.

Completion re-uses what was evaluated for the last keystroke and takes back what is no longer
there. That needs a cache of single positions: recurrent and hybrid models keep one running state
instead, which cannot be rolled back to an earlier cursor.
"""

from collections.abc import Iterator, Mapping
from typing import Any

# Decoders whose attention keeps every position, as the installed llama.cpp names them. A test
# asks the library for each.
SUPPORTED = frozenset(
    """
    llama llama4 mistral3 gpt2 gptj gptneox mpt falcon bloom baichuan starcoder starcoder2 refact
    codeshell stablelm qwen qwen2 qwen2moe qwen3 qwen3moe phi2 phi3 phimoe plamo orion internlm2
    minicpm minicpm3 gemma gemma2 gemma3 xverse command-r cohere2 olmo olmo2 olmoe openelm deepseek
    deepseek2 chatglm glm4 glm4moe jais nemotron exaone exaone4 granite granitemoe plm bailingmoe
    bailingmoe2 dots1 arcee ernie4_5 ernie4_5-moe hunyuan-moe hunyuan-dense smollm3 gpt-oss seed_oss
    smallthinker grovemoe apertus mellum maincoder minimax-m2
    """.split()
)
RECURRENT = frozenset(
    """
    mamba mamba2 rwkv6 rwkv6qwen2 rwkv7 arwkv7 jamba falcon-h1 plamo2 granitehybrid lfm2 lfm2moe
    nemotron_h nemotron_h_moe qwen3next kimi-linear bailingmoe3 kimi-k3 glm5-next qwen35 qwen35moe
    qwen4exp deepseek4 minimax-01
    """.split()
)
ENCODERS = frozenset(
    """
    bert modern-bert nomic-bert nomic-bert-moe neo-bert jina-bert-v2 jina-bert-v3 eurobert t5
    t5encoder gemma-embedding llama-embed clip wavtokenizer-dec
    """.split()
)
DIFFUSION = frozenset("dream llada llada-moe rnd1".split())

# How the families write the markers in their vocabularies.
FIM_TEXTS: Mapping[str, tuple[str, ...]] = {
    "pre": (
        "<|fim_prefix|>", "<fim_prefix>", "<fim-prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>",
        "<|code_prefix|>", "<|prefix|>", "[PREFIX]", "<fim_begin>",
    ),
    "suf": (
        "<|fim_suffix|>", "<fim_suffix>", "<fim-suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>",
        "<|code_suffix|>", "<|suffix|>", "[SUFFIX]", "<fim_hole>",
    ),
    "mid": (
        "<|fim_middle|>", "<fim_middle>", "<fim-middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>",
        "<|code_middle|>", "<|middle|>", "[MIDDLE]", "<fim_end>",
    ),
}  # fmt: skip
# Codestral's layout is [SUFFIX]…[PREFIX]…: the middle follows the prefix without a marker.
WITHOUT_MIDDLE = frozenset({"[PREFIX]"})

FIM_KEYS: Mapping[str, tuple[str, ...]] = {
    "pre": ("tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.prefix_token_id"),
    "suf": ("tokenizer.ggml.fim_suf_token_id", "tokenizer.ggml.suffix_token_id"),
    "mid": ("tokenizer.ggml.fim_mid_token_id", "tokenizer.ggml.middle_token_id"),
}


def why_not(architecture: str) -> str | None:
    """Why models of this family cannot serve; None when they can."""
    if architecture in SUPPORTED:
        return None
    if architecture in RECURRENT:
        return (
            f"the architecture {architecture} keeps a recurrent state, which cannot go back to an "
            "earlier cursor"
        )
    if architecture in ENCODERS:
        return f"the architecture {architecture} makes embeddings and writes no text"
    if architecture in DIFFUSION:
        return f"the architecture {architecture} does not write from left to right"
    return f"the architecture {architecture[:40]} is not known to work for completion"


def fim_tokens(metadata: Mapping[str, Any], vocabulary: Iterator[bytes]) -> dict[str, int]:
    """Role → token id of each marker that is a single token of the vocabulary."""
    found: dict[str, int] = {}
    for role, keys in FIM_KEYS.items():
        ids = [metadata[key] for key in keys if isinstance(metadata.get(key), int)]
        if ids:
            found[role] = ids[0]
    if len(found) == len(FIM_TEXTS):
        return found
    roles = {text.encode(): role for role, texts in FIM_TEXTS.items() for text in texts}
    without_middle = {text.encode() for text in WITHOUT_MIDDLE}
    for id_, token in enumerate(vocabulary):
        role = roles.get(token)
        if role is not None and role not in found:
            found[role] = id_
            if token in without_middle:
                found.setdefault("mid", id_)
    return found
