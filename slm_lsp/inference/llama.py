"""A thin adapter over llama_cpp's low-level API: load a model, decode, branch, forget.

Runs in the child only, on its main thread.
"""

import ctypes
from collections.abc import Callable, Sequence
from mmap import mmap
from pathlib import Path
from typing import Any

import numpy as np

from slm_lsp.errors import ModelCorrupt, ModelUnsuitable
from slm_lsp.inference.abort import AbortFlag
from slm_lsp.inference.chat import lay_out
from slm_lsp.inference.native import BatchRows, C, LlamaLog, metadata
from slm_lsp.inference.suitable import refuse_unreadable, refuse_unsuitable
from slm_lsp.inference.vocabulary import Vocabulary
from slm_lsp.inference.wire import Load, ModelInfo

# Prompt tokens in one pass over the weights: the time that a cancelled prefill throws away at
# most. Measured (benchmarks/engine.py): 128 is the fastest, 64 costs a quarter, 512 a tenth.
N_UBATCH = 128
# Prompt tokens in one call, after which the supervisor sees progress.
N_BATCH = 512

# Cells beside those of one prompt and its answer, for candidates and scored alternatives. The
# room for more prompts would not pay: without flash attention, every batch looks at all cells
# in use, and two more prompts of 1,000 tokens made prefill take 2.8 times the time.
N_BRANCH_CELLS = 1024


class Aborted(Exception):
    """llama.cpp stopped in the middle of a batch because the abort flag was raised."""


class NoRoom(Exception):
    """The cache has too few free cells for this batch; nothing of it was evaluated."""


class Llama:
    """A loaded model and its one context."""

    def __init__(
        self,
        load: Load,
        abort: AbortFlag,
        *,
        n_sequences: int,
        progress: Callable[[float], None] = lambda fraction: None,
        forward_log: Callable[[str], None] | None = None,
    ) -> None:
        self._log = LlamaLog(forward_log)
        self.abort = abort  # llama.cpp keeps a pointer into it
        C.llama_backend_init()
        self._model = self._load_model(load, progress)
        self.vocab = Vocabulary(C.llama_model_get_vocab(self._model))
        refuse_unsuitable(load, self._model, self.vocab)
        n_ctx_train = C.llama_model_n_ctx_train(self._model)
        self.n_ctx = min(load.n_ctx, n_ctx_train)
        self._ctx = self._new_context(load.n_threads, n_sequences, abort)
        self._memory = C.llama_get_memory(self._ctx)
        if load.adapter:
            self._put_on(load.adapter, load.adapter_scale)
        self.n_steps = 0
        self.info = ModelInfo(
            name=metadata(self._model, "general.name") or Path(load.path).stem,
            path=load.path,
            sha256=load.sha256,
            architecture=metadata(self._model, "general.architecture"),
            parameters=C.llama_model_n_params(self._model),
            quantization=C.llama_ftype_name(C.llama_model_ftype(self._model)).decode(),
            n_ctx=self.n_ctx,
            n_ctx_train=n_ctx_train,
            n_vocab=self.vocab.n_tokens,
            fim_markers=self.vocab.markers,
            can_shift=bool(C.llama_memory_can_shift(self._memory)),
            can_chat=self._can_chat(),
        )
        self._rows = BatchRows(N_BATCH)
        self._n_threads = load.n_threads
        # How many threads a batch of so many tokens is worth; measured after loading.
        self.threads_for: Callable[[int], int] = lambda n_tokens: load.n_threads

    def chat(self, messages: Sequence[tuple[str, str]]) -> tuple[tuple[str, bool], ...]:
        """A conversation as segments, up to where the model is to answer."""
        return lay_out(C.llama_model_chat_template(self._model, None), messages)

    def _can_chat(self) -> bool:
        try:
            return bool(self.chat([("system", "a"), ("user", "b")]))
        except ModelUnsuitable:
            return False

    def _load_model(self, load: Load, progress: Callable[[float], None]) -> Any:
        refuse_unreadable(Path(load.path))
        parameters = C.llama_model_default_params()
        # The repacked weights of the "extra buffer types" are what crashes some CPUs.
        parameters.use_extra_bufts = not load.safe_mode
        self._progress = C.llama_progress_callback(lambda part, _: progress(part) or True)
        parameters.progress_callback = self._progress
        model = C.llama_model_load_from_file(load.path.encode(), parameters)
        if not model:
            raise ModelCorrupt(f"llama.cpp cannot load {load.path}: {self._log.last_error}")
        return model

    def _new_context(self, n_threads: int, n_sequences: int, abort: AbortFlag) -> Any:
        parameters = C.llama_context_default_params()
        parameters.n_ctx = self.n_ctx + N_BRANCH_CELLS
        parameters.n_batch = N_BATCH
        parameters.n_ubatch = N_UBATCH
        parameters.n_seq_max = n_sequences
        parameters.kv_unified = True  # branches share the cells of their common prefix
        parameters.n_threads = parameters.n_threads_batch = n_threads
        parameters.abort_callback = ctypes.cast(abort.function, C.ggml_abort_callback)
        parameters.abort_callback_data = abort.argument
        parameters.no_perf = True
        # Flash attention on the CPU adds up in half precision, in an order that depends on the
        # batch: logits then differ by up to 0.13 with what was in the cache, and one greedy
        # answer in eight with them. Without it they are the same for nearly every token.
        parameters.flash_attn_type = C.LLAMA_FLASH_ATTN_TYPE_DISABLED
        ctx = C.llama_init_from_model(self._model, parameters)
        if not ctx:
            raise ModelUnsuitable(
                f"llama.cpp cannot make a context for this model: {self._log.last_error}"
            )
        return ctx

    def _put_on(self, path: str, scale: float) -> None:
        """Lay a LoRA adapter over the weights. llama.cpp frees it with the model."""
        refuse_unreadable(Path(path))
        adapter = C.llama_adapter_lora_init(self._model, path.encode())
        if not adapter:
            raise ModelCorrupt(f"llama.cpp cannot load the adapter {path}: {self._log.last_error}")
        adapters = (C.llama_adapter_lora_p_ctypes * 1)(
            ctypes.cast(adapter, C.llama_adapter_lora_p_ctypes)
        )
        if C.llama_set_adapters_lora(self._ctx, adapters, 1, (ctypes.c_float * 1)(scale)):
            raise ModelUnsuitable(f"the adapter {path} does not fit the model {Path(path).name}")

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
        n_threads = self.threads_for(len(tokens))
        if n_threads != self._n_threads:
            C.llama_set_n_threads(self._ctx, n_threads, n_threads)
            self._n_threads = n_threads
        batch = self._rows.fill(tokens, positions, sequences, outputs)
        status = C.llama_decode(self._ctx, batch)
        self.n_steps += 1
        if status == 1:
            raise NoRoom
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

    def branch(self, source: int, target: int, end: int, start: int = 0) -> None:
        """Let `target` share the cells of `source` from `start` to `end`, and have no others."""
        C.llama_memory_seq_rm(self._memory, target, -1, -1)
        C.llama_memory_seq_cp(self._memory, source, target, start, end)

    def append(self, source: int, target: int) -> None:
        """Let `target` share all cells of `source` in addition to its own."""
        C.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def shift(self, sequence: int, start: int, end: int, delta: int) -> None:
        """Move the cells from `start` to `end` by `delta` positions."""
        C.llama_memory_seq_add(self._memory, sequence, start, end, delta)

    def state_size(self, sequence: int) -> int:
        """How many bytes `save` needs."""
        return C.llama_state_seq_get_size(self._ctx, sequence)

    def save(self, sequence: int) -> Any:
        """A copy of a sequence's cells in the host's memory.

        In pages of its own, which go back whole when it is forgotten: megabytes from the heap,
        each of another size, leave holes that nothing fits into.
        """
        pages = mmap(-1, max(1, self.state_size(sequence)))
        state = np.frombuffer(pages, np.uint8)
        pointer = ctypes.cast(state.ctypes.data, ctypes.POINTER(ctypes.c_uint8))
        n_bytes = C.llama_state_seq_get_data(self._ctx, pointer, len(state), sequence)
        return state[:n_bytes]

    def restore(self, sequence: int, state: Any) -> bool:
        """Put a saved copy back as `sequence`; False when there is no room for it."""
        pointer = ctypes.cast(state.ctypes.data, ctypes.POINTER(ctypes.c_uint8))
        n_bytes = C.llama_state_seq_set_data(self._ctx, pointer, len(state), sequence)
        return n_bytes == len(state)
