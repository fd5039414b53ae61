"""A thin adapter over llama_cpp's low-level API: load a model, tokenise, decode, abort.

Runs in the child only. The package's own `__init__` imports a web of things that serve its
high-level class (templates, caches, numpy's linear algebra): a fifth of a second. Only the
module with the C functions is loaded.
"""

import ctypes
import importlib
import importlib.util
import sys
import types
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from slm_lsp.errors import ModelCorrupt, ModelNotFound, ModelUnsuitable
from slm_lsp.inference.abort import AbortFlag
from slm_lsp.inference.wire import Load, ModelInfo


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

# Prompt tokens in one pass over the weights: the time that a cancelled prefill throws away at
# most. Measured (benchmarks/engine.py): 128 is the fastest, 64 costs a quarter, 512 a tenth.
N_UBATCH = 128
# Prompt tokens in one call, after which the supervisor sees progress.
N_BATCH = 512
# Rows of one batch that may ask for logits: branches, drafts and scored candidates.
N_OUTPUTS = 256

FIM_ROLES = ("pre", "mid", "suf", "pad", "rep", "sep")
GGUF_MAGIC = b"GGUF"


class Aborted(Exception):
    """llama.cpp stopped in the middle of a batch because the abort flag was raised."""


class LlamaLog:
    """llama.cpp's log: the last error is kept for messages, the rest goes on when asked for."""

    ERROR = 4

    def __init__(self, forward: Callable[[str], None] | None) -> None:
        self.last_error = ""
        self._forward = forward
        self._callback = C.llama_log_callback(self._line)
        C.llama_log_set(self._callback, None)

    def _line(self, level: int, text: bytes, _: object) -> None:
        line = text.decode("utf-8", "replace").strip()
        if level == self.ERROR and line:
            self.last_error = line
        if self._forward is not None and line:
            self._forward(line)


class Llama:
    """A loaded model and its one context."""

    def __init__(
        self,
        load: Load,
        abort: AbortFlag,
        *,
        n_cells: int,
        n_seq: int,
        progress: Callable[[float], None] = lambda fraction: None,
        forward_log: Callable[[str], None] | None = None,
    ) -> None:
        self._log = LlamaLog(forward_log)
        self._abort = abort  # llama.cpp keeps a pointer into it
        C.llama_backend_init()
        self._model = self._load_model(load, progress)
        self.vocab = Vocabulary(C.llama_model_get_vocab(self._model))
        _refuse_unsuitable(load, self._model, self.vocab)
        n_ctx_train = C.llama_model_n_ctx_train(self._model)
        self.n_ctx = min(load.n_ctx, n_ctx_train)
        self._ctx = self._new_context(load.n_threads, max(n_cells, self.n_ctx), n_seq, abort)
        self._memory = C.llama_get_memory(self._ctx)
        self.n_steps = 0
        self.info = ModelInfo(
            name=_metadata(self._model, "general.name") or Path(load.path).stem,
            path=load.path,
            sha256=load.sha256,
            architecture=_metadata(self._model, "general.architecture"),
            parameters=C.llama_model_n_params(self._model),
            quantization=C.llama_ftype_name(C.llama_model_ftype(self._model)).decode(),
            n_ctx=self.n_ctx,
            n_ctx_train=n_ctx_train,
            n_vocab=self.vocab.n_tokens,
            fim_markers=self.vocab.markers,
            can_shift=bool(C.llama_memory_can_shift(self._memory)),
        )
        self._rows = BatchRows(N_BATCH)

    def _load_model(self, load: Load, progress: Callable[[float], None]) -> Any:
        _refuse_unreadable(Path(load.path))
        parameters = C.llama_model_default_params()
        # The repacked weights of the "extra buffer types" are what crashes some CPUs.
        parameters.use_extra_bufts = not load.safe_mode
        self._progress = C.llama_progress_callback(lambda part, _: progress(part) or True)
        parameters.progress_callback = self._progress
        model = C.llama_model_load_from_file(load.path.encode(), parameters)
        if not model:
            raise ModelCorrupt(f"llama.cpp cannot load {load.path}: {self._log.last_error}")
        return model

    def _new_context(self, n_threads: int, n_cells: int, n_seq: int, abort: AbortFlag) -> Any:
        parameters = C.llama_context_default_params()
        parameters.n_ctx = n_cells
        parameters.n_batch = N_BATCH
        parameters.n_ubatch = N_UBATCH
        parameters.n_seq_max = n_seq
        parameters.kv_unified = True  # branches share the cells of their common prefix
        parameters.n_threads = parameters.n_threads_batch = n_threads
        parameters.abort_callback = ctypes.cast(abort.function, C.ggml_abort_callback)
        parameters.abort_callback_data = abort.argument
        parameters.no_perf = True
        ctx = C.llama_init_from_model(self._model, parameters)
        if not ctx:
            raise ModelUnsuitable(
                f"llama.cpp cannot make a context for this model: {self._log.last_error}"
            )
        return ctx

    def decode(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        sequences: Sequence[int],
        outputs: Sequence[int],
    ) -> None:
        """Evaluate tokens, each at its position in its sequence; `outputs` are rows with logits.

        Raises `Aborted` when the flag was raised; earlier micro-batches then stay in the cache.
        """
        batch = self._rows.fill(tokens, positions, sequences, outputs)
        status = C.llama_decode(self._ctx, batch)
        self.n_steps += 1
        if status == 2:
            raise Aborted
        if status != 0:
            raise RuntimeError(f"llama_decode failed with status {status}")

    def logits(self, row: int) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """The logits of a row of the last batch; valid until the next one."""
        pointer = C.llama_get_logits_ith(self._ctx, row)
        return np.ctypeslib.as_array(pointer, shape=(self.vocab.n_tokens,))

    def n_cached(self, sequence: int) -> int:
        """How many positions of a sequence are in the cache."""
        return C.llama_memory_seq_pos_max(self._memory, sequence) + 1

    def truncate(self, sequence: int, n_kept: int) -> None:
        """Forget a sequence from position `n_kept` on."""
        if not C.llama_memory_seq_rm(self._memory, sequence, n_kept, -1):
            raise RuntimeError("this model cannot forget a part of its state")

    def branch(self, source: int, target: int, n_shared: int) -> None:
        """Let `target` share the first `n_shared` positions of `source`."""
        C.llama_memory_seq_rm(self._memory, target, -1, -1)
        C.llama_memory_seq_cp(self._memory, source, target, 0, n_shared)

    def set_threads(self, n_decode: int, n_prefill: int) -> None:
        C.llama_set_n_threads(self._ctx, n_decode, n_prefill)


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


class Vocabulary:
    """Text to tokens and back."""

    def __init__(self, vocab: Any) -> None:
        self._vocab = vocab
        self.n_tokens: int = C.llama_vocab_n_tokens(vocab)
        ids = {role: getattr(C, f"llama_vocab_fim_{role}")(vocab) for role in FIM_ROLES}
        ids["eot"] = C.llama_vocab_eot(vocab)
        if ids["eot"] < 0:
            ids["eot"] = C.llama_vocab_eos(vocab)
        self.marker_ids: dict[str, int] = {role: i for role, i in ids.items() if i >= 0}
        self.markers = {role: self._text(i) for role, i in self.marker_ids.items()}
        self._markers = frozenset(self.marker_ids.values())
        self.bos: int | None = (
            C.llama_vocab_bos(vocab) if C.llama_vocab_get_add_bos(vocab) else None
        )
        # Between keystrokes all segments but one stay the same.
        self._segment = lru_cache(maxsize=64)(self._tokenise)
        self.piece = lru_cache(maxsize=None)(self._piece)

    def tokenise(self, segments: Sequence[tuple[str, bool]]) -> list[int]:
        """A prompt's tokens. Only segments marked special can become special tokens."""
        tokens = [] if self.bos is None else [self.bos]
        for text, special in segments:
            tokens += self._segment(text, special)
        return tokens

    def tokenise_text(self, text: str) -> tuple[int, ...]:
        """Plain text's tokens, as if it followed a marker."""
        return self._segment(text, False)

    def _tokenise(self, text: str, special: bool) -> tuple[int, ...]:
        data = text.encode("utf-8", "replace")
        room = (ctypes.c_int32 * (len(data) + 8))()
        n = C.llama_tokenize(self._vocab, data, len(data), room, len(room), False, special)
        if n < 0:
            raise RuntimeError(f"llama_tokenize wants room for {-n} tokens")
        return tuple(room[:n])

    def is_end(self, token: int) -> bool:
        """True for every token that is not text: end markers, FIM markers, other control."""
        return (
            token in self._markers
            or C.llama_vocab_is_eog(self._vocab, token)
            or C.llama_vocab_is_control(self._vocab, token)
        )

    def _piece(self, token: int) -> bytes:
        """A token's bytes."""
        return self._render(token, special=False)

    def _text(self, token: int) -> str:
        return self._render(token, special=True).decode("utf-8", "replace")

    def _render(self, token: int, special: bool) -> bytes:
        room = ctypes.create_string_buffer(256)
        n = C.llama_token_to_piece(self._vocab, token, room, len(room), 0, special)
        if n < 0:
            room = ctypes.create_string_buffer(-n)
            n = C.llama_token_to_piece(self._vocab, token, room, len(room), 0, special)
        return room.raw[:n]


def _metadata(model: Any, key: str) -> str:
    room = ctypes.create_string_buffer(512)
    n = C.llama_model_meta_val_str(model, key.encode(), room, len(room))
    return room.value.decode("utf-8", "replace") if n >= 0 else ""


def _refuse_unreadable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(GGUF_MAGIC))
    except FileNotFoundError as error:
        raise ModelNotFound(f"there is no model at {path}") from error
    except OSError as error:
        raise ModelCorrupt(f"the model at {path} cannot be read: {error.strerror}") from error
    if magic != GGUF_MAGIC:
        raise ModelCorrupt(f"{path} is not a GGUF file")


def _refuse_unsuitable(load: Load, model: Any, vocab: Vocabulary) -> None:
    name = _metadata(model, "general.name") or Path(load.path).name
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
            "it; choose a base model such as Qwen2.5-Coder, StarCoder2 or the bundled one"
        )
    for marker in markers:
        n_tokens = len(vocab.tokenise([(marker, True)])) - (vocab.bos is not None)
        if n_tokens != 1:
            raise ModelUnsuitable(
                f"{name} reads the marker {marker} as {n_tokens} tokens instead of one, so the "
                "template does not belong to this model"
            )
