"""Answers in a given form: llama.cpp's grammars (GBNF) say which tokens may come next."""

import ctypes
from typing import Any

import numpy as np

from slm_lsp.errors import ModelUnsuitable
from slm_lsp.inference.native import C
from slm_lsp.inference.sampling import Logits
from slm_lsp.inference.vocabulary import Vocabulary

# Asking about every token of a large vocabulary takes tens of milliseconds: first these many.
N_BEST = 64
ROW = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Grammar:
    """Where in a grammar an answer stands. `close` it when the answer is over."""

    def __init__(self, text: str, vocab: Vocabulary) -> None:
        self._vocab = vocab
        self._sampler = C.llama_sampler_init_grammar(vocab.pointer, text.encode(), b"root")
        if not self._sampler:
            raise ModelUnsuitable("llama.cpp does not understand the grammar of the answer")

    def allowed(self, logits: Logits) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """The tokens that may come next; of many, only the most probable ones."""
        values = logits.copy()
        values[self._vocab.markers_within] = -np.inf
        best = np.argpartition(-values, min(N_BEST, len(values) - 1))[:N_BEST]
        found = self._fitting(best, values[best])
        return found if len(found) else self._fitting(np.arange(len(values)), values)

    def take(self, token: int) -> None:
        """The answer goes on with this token, one of those that are allowed."""
        C.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        if self._sampler:
            C.llama_sampler_free(self._sampler)
            self._sampler = None

    def _fitting(self, tokens: Any, values: Any) -> "np.ndarray[Any, np.dtype[np.int64]]":
        rows = np.zeros(len(tokens), ROW)
        rows["id"], rows["logit"] = tokens, values
        data = ctypes.cast(rows.ctypes.data, ctypes.POINTER(C.llama_token_data))
        array = C.llama_token_data_array(data=data, size=len(rows), selected=-1, sorted=False)
        C.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return np.sort(rows["id"][rows["logit"] > -np.inf]).astype(np.int64)
