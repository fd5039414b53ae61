"""Smaller weights through llama.cpp's own API, in a process of its own."""

import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slm_lsp.errors import ModelCorrupt, ModelError, ModelUnsuitable
from slm_lsp.inference.process import PACKAGE_ROOT
from slm_lsp.models.digest import sha256_of
from slm_lsp.models.gguf_reader import read_header
from slm_lsp.models.inspect import quantization
from slm_lsp.models.quantize_types import TYPES
from slm_lsp.models.store import Entry, Store, storage_error

# Weights that were rounded once; rounding them again loses more than rounding the originals.
WHOLE = ("F32", "F16", "BF16")

BOOT = (
    "import sys; sys.path.append(sys.argv.pop()); "
    "from slm_lsp.models.quantizer import main; main(sys.argv[1:])"
)


@dataclass(frozen=True, slots=True)
class Quantized:
    """What came of quantising a model."""

    entry: Entry
    n_bytes_before: int
    again: bool  # the input was quantised already


def quantize(
    model: Path,
    type_name: str,
    name: str,
    store: Store,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    command: tuple[str, ...] = (sys.executable, "-P", "-E", "-c", BOOT),
) -> Quantized:
    """Write `model` with smaller weights into the store. `progress` hears (tensors, of all)."""
    header = read_header(model)
    again = quantization(header) not in WHOLE
    if quantization(header) == type_name:
        raise ModelUnsuitable(f"{model} is {type_name} already")
    try:
        store.partial.mkdir(parents=True, exist_ok=True)
        out = store.partial / f"{uuid.uuid4().hex}.quantizing"
        try:
            _run(command, model, out, type_name, progress)
            read_header(out)
            entry = store.take(out, sha256_of(out), name, None)
            return Quantized(entry, header.file_size, again)
        finally:
            out.unlink(missing_ok=True)
    except ModelCorrupt as error:
        raise ModelError(f"llama.cpp wrote no readable model: {error}") from error
    except OSError as error:
        raise storage_error(error, "write to the store") from error


def _run(
    command: tuple[str, ...],
    model: Path,
    out: Path,
    type_name: str,
    progress: Callable[[int, int], None],
) -> None:
    arguments = (str(model.absolute()), str(out), str(TYPES[type_name]), PACKAGE_ROOT)
    with subprocess.Popen(
        (*command, *arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=sys.prefix
    ) as child:
        assert child.stdout is not None
        said = ""
        try:
            for raw in child.stdout:
                kind, _, rest = raw.decode("utf-8", "replace").rstrip("\n").partition(" ")
                if kind == "progress":
                    done, total = rest.split()
                    progress(int(done), int(total))
                elif kind == "error":
                    said = rest
        except BaseException:
            child.kill()
            raise
    if child.returncode < 0:
        raise ModelError(f"llama.cpp crashed while quantising {model}; the model may be damaged")
    if child.returncode:
        raise ModelError(f"llama.cpp cannot quantise {model}: {said or 'it gave no reason'}")
