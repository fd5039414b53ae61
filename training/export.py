"""From a checkpoint to GGUF files, checked against llama.cpp.

    python -m training.export RUN/checkpoint.pt tokenizer.json OUT/name [--kinds q8_0 q4_k_m]

Writes name-f16.gguf and the wanted quantisations, and prints how far llama.cpp's logits are from
PyTorch's.
"""

import argparse
import ctypes
from pathlib import Path

import llama_cpp
import numpy as np
import torch
from numpy.typing import NDArray

from slm_lsp.tune.checkpoint import network_of
from slm_lsp.tune.network import Network
from slm_lsp.tune.weights import read_tokenizer, save

QUANTISED = {
    "q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
    "q6_k": llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K,
    "q5_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_M,
    "q4_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M,
}


def quantise(source: Path, target: Path, kind: str, threads: int = 2) -> None:
    """Quantise with llama.cpp's own code, so that the file is what its users expect."""
    options = llama_cpp.llama_model_quantize_default_params()
    options.ftype = QUANTISED[kind]
    options.nthread = threads
    result = llama_cpp.llama_model_quantize(
        str(source).encode(), str(target).encode(), ctypes.byref(options)
    )
    if result != 0:
        raise SystemExit(f"llama.cpp could not quantise {source.name} to {kind}: {result}")


@llama_cpp.llama_log_callback
def quiet(_level: int, _text: bytes, _data: object) -> None:
    """llama.cpp tells far more than anybody reads."""


def llama_logits(path: Path, tokens: list[int]) -> NDArray[np.float32]:
    """Logits after each token, as llama.cpp computes them from a file."""
    n_tokens = len(tokens)
    llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
    of_model = llama_cpp.llama_model_default_params()
    # Repacked weights crash some processors, and this process has no other to send ahead.
    of_model.use_extra_bufts = False
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), of_model)
    if not model:
        raise SystemExit(f"llama.cpp cannot load {path}")
    of_context = llama_cpp.llama_context_default_params()
    of_context.n_ctx = of_context.n_batch = of_context.n_ubatch = n_tokens
    of_context.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama_cpp.llama_init_from_model(model, of_context)
    batch = llama_cpp.llama_batch_init(n_tokens, 0, 1)
    try:
        batch.n_tokens = n_tokens
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i] = token, i
            batch.n_seq_id[i], batch.seq_id[i][0], batch.logits[i] = 1, 0, 1
        if llama_cpp.llama_decode(context, batch) != 0:
            raise SystemExit(f"llama.cpp cannot evaluate {path.name}")
        n_vocab = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
        logits = llama_cpp.llama_get_logits(context)
        return np.ctypeslib.as_array(logits, (n_tokens, n_vocab)).astype(np.float32)
    finally:
        llama_cpp.llama_batch_free(batch)
        llama_cpp.llama_free(context)
        llama_cpp.llama_model_free(model)


@torch.no_grad()
def compare(network: Network, path: Path, tokens: list[int]) -> tuple[float, float]:
    """(largest difference of a logit, share of positions where both name the same token)."""
    ours = network(torch.tensor([tokens]))[0].float().numpy()
    theirs = llama_logits(path, tokens)
    same = (ours.argmax(-1) == theirs.argmax(-1)).mean()
    return float(np.abs(ours - theirs).max()), float(same)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path, help="path and name without ending")
    parser.add_argument("--kinds", nargs="*", choices=sorted(QUANTISED), default=["q8_0"])
    arguments = parser.parse_args(argv)
    network = network_of(arguments.checkpoint).eval()
    tokenizer = read_tokenizer(arguments.tokenizer)
    name = arguments.out.name
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    files = {"f16": arguments.out.with_name(f"{name}-f16.gguf")}
    save(network, tokenizer, name, files["f16"], "f16")
    for kind in arguments.kinds:
        files[kind] = arguments.out.with_name(f"{name}-{kind.upper()}.gguf")
        quantise(files["f16"], files[kind], kind)
    tokens = tokenizer.encode(Path(__file__).read_text("utf-8")).ids
    tokens = tokens[: min(512, network.shape.context)]
    for path in files.values():
        worst, same = compare(network, path, tokens)
        size = path.stat().st_size / 1e6
        print(f"{path.name}: {size:.1f} MB, largest difference {worst:.4f}, same top {same:.1%}")


if __name__ == "__main__":
    main()
