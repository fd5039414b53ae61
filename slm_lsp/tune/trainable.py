"""Whether a model can be trained here, said before anything is computed."""

import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from slm_prompts.catalog import chosen_template
from slm_prompts.template import FimTemplate

from slm_lsp.errors import CannotTune
from slm_lsp.models.gguf import GgufArray, GgufHeader
from slm_lsp.models.gguf_reader import read_header
from slm_lsp.models.inspect import inspect_model
from slm_lsp.settings import ModelSettings

EXTRA = ("torch", "tokenizers", "gguf")
INSTALL = "pip install 'slm-lsp[tune]'"
TRAINED_TYPES = {"F32": "f32", "F16": "f16", "Q8_0": "q8_0"}
# A processor learns nothing in half an hour from more, and a gigabyte of weights takes sixteen.
MAX_WEIGHTS = 200_000_000
# Blocks of tokens are kept as 16-bit numbers.
MAX_VOCABULARY = 1 << 16
PARTS = (
    "attn_norm attn_q attn_k attn_v attn_output ffn_norm ffn_gate ffn_up ffn_down".split()
)  # fmt: skip
# In a tuned model: which files were held out from it.
SEED_KEY = "slm_lsp.tune.seed"
CHOOSE = "unpin it, and the bundled model is tuned"


@dataclass(frozen=True, slots=True)
class Trainable:
    """A model that passed every check."""

    name: str  # without what an earlier run added
    kind: str  # how its weights are kept: "f32", "f16" or "q8_0"
    template: FimTemplate
    n_weights: int
    seed: int | None  # of the run that made it, if one did


def check_extra() -> None:
    """Raise CannotTune when the packages of the `tune` extra are missing."""
    missing = [name for name in EXTRA if find_spec(name) is None]
    if missing:
        raise CannotTune(
            f"tuning needs {', '.join(missing)}, and cannot find it here; run "
            f"`{sys.executable} -m {INSTALL}`"
        )


def check_trainable(path: Path, name: str, settings: ModelSettings) -> Trainable:
    """Raise CannotTune when the model is none that `slm_lsp.tune` can train."""
    if settings.adapter is not None:
        raise CannotTune("an adapter lies on the model; remove [model.adapter] before tuning it")
    header = read_header(path)
    found = inspect_model(path)
    if found.architecture != "llama":
        raise CannotTune(
            f"{name} is of the architecture {found.architecture}, and only llama can be tuned; "
            f"{CHOOSE}"
        )
    if found.n_weights > MAX_WEIGHTS:
        raise CannotTune(
            f"{name} has {found.n_weights / 1e6:,.0f} million weights, and a processor can tune "
            f"at most {MAX_WEIGHTS // 10**6} million in reasonable time; {CHOOSE}"
        )
    kinds = {tensor.type_name for tensor in header.tensors} - {"F32"}
    if foreign := sorted(kinds - TRAINED_TYPES.keys()):
        raise CannotTune(
            f"{name} is quantised to {', '.join(foreign)}, which has lost too much to go on from; "
            "use its Q8_0 or F16 file"
        )
    _check_parts(header, name)
    tokens = header.metadata["tokenizer.ggml.tokens"]
    assert isinstance(tokens, GgufArray)
    texts = list(tokens.strings())
    markers = {role: texts[id_].decode("utf-8", "replace") for role, id_ in found.fim_ids.items()}
    template = chosen_template(settings.template, found.name, markers)
    if template is None:
        raise CannotTune(f"no template fits {name}; set `model.template` to the one it speaks")
    seed = header.metadata.get(SEED_KEY)
    return Trainable(
        re.sub(r"-tuned-.*", "", found.name),
        TRAINED_TYPES[min(kinds, default="F32")],
        template,
        found.n_weights,
        seed if isinstance(seed, int) else None,
    )


def _check_parts(header: GgufHeader, name: str) -> None:
    metadata = header.metadata
    n_layers = metadata["llama.block_count"]
    wanted = {f"blk.{n}.{part}.weight" for n in range(n_layers) for part in PARTS}
    wanted |= {"token_embd.weight", "output_norm.weight"}
    there = {tensor.name for tensor in header.tensors}
    if different := sorted(there ^ wanted):
        raise CannotTune(
            f"{name} has another structure than the models that can be tuned "
            f"({different[0]}); {CHOOSE}"
        )
    pre = metadata.get("tokenizer.ggml.pre"), metadata.get("tokenizer.ggml.model")
    n_tokens = next(t for t in header.tensors if t.name == "token_embd.weight").shape[1]
    if pre != ("qwen2", "gpt2") or n_tokens > MAX_VOCABULARY:
        raise CannotTune(
            f"{name} has a tokenizer that tuning does not know ({pre[0]}, {n_tokens} tokens); "
            f"{CHOOSE}"
        )
