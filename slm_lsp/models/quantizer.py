"""The child that quantises: `quantizer IN OUT FTYPE`, and lines of `progress DONE TOTAL`."""

import ctypes
import re
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> None:
    """Never returns: the exit code is llama.cpp's verdict."""
    import llama_cpp

    source, target, file_type = arguments
    last_words = [""]

    def hear(_level: int, text: bytes, _data: object) -> None:
        line = text.decode("utf-8", "replace").strip()
        # llama.cpp begins each tensor's line with `[  12/ 290]`.
        found = re.match(r"\[\s*(\d+)/\s*(\d+)\]", line)
        if found is not None:
            print("progress", found[1], found[2], flush=True)
        elif "failed" in line or "error" in line:
            last_words[0] = line[:300]

    heard = llama_cpp.llama_log_callback(hear)
    llama_cpp.llama_log_set(heard, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    options = llama_cpp.llama_model_quantize_default_params()
    options.ftype = int(file_type)
    options.allow_requantize = True
    verdict = llama_cpp.llama_model_quantize(
        source.encode(), target.encode(), ctypes.pointer(options)
    )
    if verdict != 0:
        print("error", last_words[0], flush=True)
    sys.exit(1 if verdict else 0)
