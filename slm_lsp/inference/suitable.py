"""Which models can serve; of the others, what is wrong with them and what to choose instead."""

from pathlib import Path
from typing import Any

from slm_lsp.errors import ModelCorrupt, ModelNotFound, ModelUnsuitable
from slm_lsp.inference.native import C, metadata
from slm_lsp.inference.vocabulary import Vocabulary
from slm_lsp.inference.wire import Load

GGUF_MAGIC = b"GGUF"


def refuse_unreadable(path: Path) -> None:
    """Raise ModelNotFound or ModelCorrupt for a file that llama.cpp need not even try."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(GGUF_MAGIC))
    except FileNotFoundError as error:
        raise ModelNotFound(f"there is no model at {path}") from error
    except OSError as error:
        raise ModelCorrupt(f"the model at {path} cannot be read: {error.strerror}") from error
    if magic != GGUF_MAGIC:
        raise ModelCorrupt(f"{path} is not a GGUF file")


def refuse_unsuitable(load: Load, model: Any, vocab: Vocabulary) -> None:
    """Raise ModelUnsuitable for a model that cannot fill in the middle, key after key."""
    name = metadata(model, "general.name") or Path(load.path).name
    kinds = (
        (C.llama_model_is_recurrent, "recurrent"),
        (C.llama_model_is_hybrid, "hybrid (partly recurrent)"),
        (C.llama_model_is_diffusion, "diffusion"),
        (C.llama_model_has_encoder, "encoder"),
    )
    for is_kind, kind in kinds:
        if is_kind(model):
            raise ModelUnsuitable(
                f"{name} is a {kind} model: its state cannot be rolled back to the cursor, so "
                "every keystroke would read the whole prompt again; choose a plain transformer "
                "trained for fill-in-the-middle, such as Qwen2.5-Coder"
            )
    markers = load.markers or tuple(
        vocab.markers[role] for role in ("pre", "suf", "mid") if role in vocab.markers
    )
    if not load.markers and len(markers) < 3:
        raise ModelUnsuitable(
            f"{name} was not trained to fill in the middle: its vocabulary has no markers for "
            "it; choose a base model such as Qwen2.5-Coder, StarCoder2 or the bundled one, or "
            "name the layout that it was trained on as model.template"
        )
    for marker in markers:
        n_tokens = len(vocab.tokenise_marker(marker))
        if n_tokens != 1:
            raise ModelUnsuitable(
                f"{name} reads the marker {marker} as {n_tokens} tokens instead of one, so the "
                "template does not belong to this model"
            )
