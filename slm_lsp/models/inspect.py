"""Whether a readable GGUF can serve: each check is one sentence with the cure."""

from dataclasses import dataclass
from pathlib import Path

from slm_lsp.errors import ModelCorrupt, ModelUnsuitable
from slm_lsp.models.architectures import fim_tokens, why_not
from slm_lsp.models.gguf import GgufArray, GgufHeader
from slm_lsp.models.gguf_reader import read_header
from slm_lsp.models.memory import available_bytes, human, needed_bytes, whole

CHOOSE = "choose another model (`slm-lsp models recommend`)"
# Wider than any model that is trained, and narrow enough that no product of them overflows.
MAX_LAYERS, MAX_WIDTH, MAX_HEADS, MAX_CONTEXT = 512, 1 << 17, 1024, 1 << 24
# What every model says, and what follows from the rest in a model that does not say it.
LIMITS = (
    ("block_count", 1, MAX_LAYERS),
    ("embedding_length", 1, MAX_WIDTH),
    ("attention.head_count", 1, MAX_HEADS),
    ("context_length", 1, MAX_CONTEXT),
    ("attention.head_count_kv", 0, MAX_HEADS),
    ("attention.key_length", 0, MAX_WIDTH),
    ("attention.value_length", 0, MAX_WIDTH),
    ("feed_forward_length", 0, MAX_WIDTH),
)
TOKEN_IDS = ("bos", "eos", "eot", "eom", "unknown", "separator", "padding", "mask", "cls")


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a model file says about itself."""

    architecture: str
    name: str
    n_weights: int
    quantization: str
    n_ctx_train: int
    n_vocab: int
    needed_bytes: int
    fim_ids: dict[str, int]


def inspect_model(path: Path, n_ctx: int = 1024) -> Inspection:
    """Everything that can be known before llama.cpp sees the file. Raises a ModelError."""
    header = read_header(path)
    architecture = header.metadata.get("general.architecture")
    if not isinstance(architecture, str):
        raise ModelCorrupt(f"{path} does not say its architecture; {CHOOSE}")
    if header.metadata.get("general.type", "model") == "adapter":
        raise ModelUnsuitable(
            f"{path} is a LoRA adapter and no model; name it under [model.adapter]"
        )
    reason = why_not(architecture)
    if reason is not None:
        raise ModelUnsuitable(f"{path} cannot serve: {reason}; {CHOOSE}")
    if whole(header.metadata, "split.count", 1) > 1:
        raise ModelUnsuitable(f"{path} is one part of a split model; join the parts first")
    _check_shape(path, header, architecture)
    n_vocab, fim_ids = _check_vocabulary(path, header)
    needed = needed_bytes(header, n_ctx)
    _check_memory(path, needed, n_ctx)
    return Inspection(
        architecture=architecture,
        name=str(header.metadata.get("general.name", path.stem))[:100],
        n_weights=header.n_weights,
        quantization=quantization(header),
        n_ctx_train=whole(header.metadata, f"{architecture}.context_length", 0),
        n_vocab=n_vocab,
        needed_bytes=needed,
        fim_ids=fim_ids,
    )


def check_adapter(path: Path, model: Path) -> None:
    """Whether the adapter can lie on top of the model. Raises a ModelError."""
    header = read_header(path)
    if header.metadata.get("general.type") != "adapter" or (
        header.metadata.get("adapter.type") != "lora"
    ):
        raise ModelUnsuitable(f"{path} is not a LoRA adapter; correct [model.adapter]")
    base = read_header(model)
    made_for = header.metadata.get("general.architecture")
    if made_for != base.metadata.get("general.architecture"):
        raise ModelUnsuitable(
            f"the adapter {path} is made for the architecture {str(made_for)[:40]}, and {model} is "
            "another; correct [model.adapter]"
        )
    shapes = {tensor.name: tensor.shape for tensor in base.tensors}
    for tensor in header.tensors:
        name, _, half = tensor.name.rpartition(".lora_")
        shape = shapes.get(name, ())
        # A is (inputs × rank), B is (rank × outputs); the embeddings' A is turned round.
        side = {"a": 0, "b": 1}.get(half, 2)
        fits = side < len(shape) == len(tensor.shape) and tensor.shape[side] == shape[side]
        if not fits and not (shape and "embd" in name):
            raise ModelUnsuitable(
                f"the adapter {path} is made for another model: {tensor.name[:70]} does not fit; "
                "correct [model.adapter]"
            )


def quantization(header: GgufHeader) -> str:
    """The type that holds most of the weights."""
    n_bytes: dict[str, int] = {}
    for tensor in header.tensors:
        n_bytes[tensor.type_name] = n_bytes.get(tensor.type_name, 0) + tensor.n_bytes
    return max(n_bytes, key=lambda name: n_bytes[name], default="none")


def _check_shape(path: Path, header: GgufHeader, architecture: str) -> None:
    if not header.tensors:
        raise ModelCorrupt(f"{path} holds a vocabulary and no weights; {CHOOSE}")
    for key, least, limit in LIMITS:
        number = whole(header.metadata, f"{architecture}.{key}", 0)
        if not least <= number <= limit:
            raise ModelCorrupt(
                f"{path} is damaged: {architecture}.{key} is {number}, and {least} to {limit} is "
                "possible; get the file again"
            )


def _check_vocabulary(path: Path, header: GgufHeader) -> tuple[int, dict[str, int]]:
    damaged = "get the file again"
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    if not isinstance(tokens, GgufArray) or not tokens.of_strings or tokens.count == 0:
        raise ModelCorrupt(f"{path} has no vocabulary; {CHOOSE}")
    for key in ("token_type", "scores"):
        side = header.metadata.get(f"tokenizer.ggml.{key}")
        if isinstance(side, GgufArray) and side.count != tokens.count:
            raise ModelCorrupt(
                f"{path} is damaged: {tokens.count} tokens and {side.count} {key}s; {damaged}"
            )
    for name in TOKEN_IDS:
        id_ = header.metadata.get(f"tokenizer.ggml.{name}_token_id")
        if isinstance(id_, int) and not 0 <= id_ < tokens.count and id_ != 2**32 - 1:
            raise ModelCorrupt(
                f"{path} is damaged: its {name} token {id_} is not in the vocabulary; {damaged}"
            )
    embedding = next((t for t in header.tensors if t.name == "token_embd.weight"), None)
    if embedding is None or len(embedding.shape) != 2 or embedding.shape[1] < tokens.count:
        raise ModelCorrupt(f"{path} is damaged: its embeddings do not cover the vocabulary")
    fim_ids = fim_tokens(header.metadata, tokens.strings())
    if missing := [role for role in ("pre", "suf", "mid") if role not in fim_ids]:
        raise ModelUnsuitable(
            f"{path} was not trained to fill in the middle: its vocabulary has no "
            f"{' and no '.join(missing)} marker; {CHOOSE}"
        )
    if any(not 0 <= id_ < tokens.count for id_ in fim_ids.values()):
        raise ModelCorrupt(f"{path} is damaged: a marker is not in the vocabulary; {damaged}")
    return tokens.count, fim_ids


def _check_memory(path: Path, needed: int, n_ctx: int) -> None:
    available = available_bytes()
    if available is not None and needed > available:
        raise ModelUnsuitable(
            f"{path} needs about {human(needed)} with a context of {n_ctx} tokens, and "
            f"{human(available)} are free; lower `n_ctx`, or choose a smaller model "
            "(`slm-lsp models recommend`)"
        )
