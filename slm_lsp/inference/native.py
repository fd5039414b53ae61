"""llama.cpp's C functions, its log, a model's metadata, and the arrays of a batch.

The `llama_cpp` package's own `__init__` imports a web of things that serve its high-level
class (templates, disk caches, a logger): a fifth of a second. Only the module with the C
functions is loaded.
"""

import ctypes
import importlib
import importlib.util
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def _import_low_level() -> Any:
    if "llama_cpp" not in sys.modules:
        spec = importlib.util.find_spec("llama_cpp")
        if spec is None:
            raise ModuleNotFoundError("llama_cpp")
        package = types.ModuleType("llama_cpp")
        package.__path__ = spec.submodule_search_locations or []
        sys.modules["llama_cpp"] = package
    return importlib.import_module("llama_cpp.llama_cpp")


C = _import_low_level()


def metadata(model: Any, key: str) -> str:
    """A value of the model file's metadata as text; empty where it has none."""
    room = ctypes.create_string_buffer(512)
    n = C.llama_model_meta_val_str(model, key.encode(), room, len(room))
    return room.value.decode("utf-8", "replace") if n >= 0 else ""


class LlamaLog:
    """llama.cpp's log: the last error is kept for messages, warnings go on when asked for.

    It says a line about every tensor; those below a warning never helped anybody here.
    """

    WARNING, ERROR = 3, 4

    def __init__(self, forward: Callable[[str], None] | None) -> None:
        self.last_error = ""
        self._forward = forward
        self._callback = C.llama_log_callback(self._line)
        C.llama_log_set(self._callback, None)

    def _line(self, level: int, text: bytes, _: object) -> None:
        line = text.decode("utf-8", "replace").strip()
        if level == self.ERROR and line:
            self.last_error = line
        if self._forward is not None and line and level in (self.WARNING, self.ERROR):
            self._forward(line)


class BatchRows:
    """The arrays behind a `llama_batch`, filled by numpy instead of one element at a time."""

    def __init__(self, n_rows: int) -> None:
        self._token = np.zeros(n_rows, np.int32)
        self._position = np.zeros(n_rows, np.int32)
        self._sequence = np.zeros(n_rows, np.int32)
        self._n_sequences = np.ones(n_rows, np.int32)
        self._output = np.zeros(n_rows, np.int8)
        # Each row points at its own one-element list of sequences.
        first = self._sequence.ctypes.data
        self._pointers = np.array([first + 4 * row for row in range(n_rows)], np.uintp)
        self._batch = C.llama_batch(
            token=self._as(ctypes.c_int32, self._token),
            pos=self._as(ctypes.c_int32, self._position),
            n_seq_id=self._as(ctypes.c_int32, self._n_sequences),
            seq_id=self._as(ctypes.POINTER(ctypes.c_int32), self._pointers),
            logits=self._as(ctypes.c_int8, self._output),
        )

    @staticmethod
    def _as(kind: Any, array: Any) -> Any:
        return ctypes.cast(array.ctypes.data, ctypes.POINTER(kind))

    def fill(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        sequences: Sequence[int],
        outputs: Sequence[int],
    ) -> Any:
        n_rows = len(tokens)
        self._token[:n_rows] = tokens
        self._position[:n_rows] = positions
        self._sequence[:n_rows] = sequences
        self._output[:n_rows] = 0
        self._output[list(outputs)] = 1
        self._batch.n_tokens = n_rows
        return self._batch
