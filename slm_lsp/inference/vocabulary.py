"""Text to tokens and back."""

import ctypes
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from slm_lsp.inference.native import C

FIM_ROLES = ("pre", "mid", "suf", "pad", "rep", "sep")


class Vocabulary:
    """A model's vocabulary, and which of its tokens are not text."""

    def __init__(self, vocab: Any) -> None:
        self._vocab = vocab
        self.n_tokens: int = C.llama_vocab_n_tokens(vocab)
        ids = {role: getattr(C, f"llama_vocab_fim_{role}")(vocab) for role in FIM_ROLES}
        ids["eot"] = C.llama_vocab_eot(vocab)
        if ids["eot"] < 0:
            ids["eot"] = C.llama_vocab_eos(vocab)
        self.marker_ids: dict[str, int] = {role: i for role, i in ids.items() if i >= 0}
        self.markers = {role: self._text(i) for role, i in self.marker_ids.items()}
        eos = C.llama_vocab_eos(vocab)
        self.end_tokens = frozenset({*self.marker_ids.values(), *((eos,) if eos >= 0 else ())})
        self.bos: int | None = (
            C.llama_vocab_bos(vocab) if C.llama_vocab_get_add_bos(vocab) else None
        )
        # Between keystrokes all segments but one stay the same.
        self._segment = lru_cache(maxsize=64)(self._tokenise)
        # Of the members of a thing, which are told again and again while one of them is chosen.
        self.tokenise_name = lru_cache(maxsize=2_000)(lambda name: self._tokenise(name, False))
        self.piece = lru_cache(maxsize=None)(self._piece)
        self.matching = lru_cache(maxsize=32)(self._matching)

    @property
    def pointer(self) -> Any:
        """llama.cpp's own vocabulary."""
        return self._vocab

    def tokenise(self, segments: Sequence[tuple[str, bool]]) -> list[int]:
        """A prompt's tokens. Only segments marked special can become special tokens."""
        tokens: list[int] = []
        for text, special in segments:
            tokens += self._segment(text, special)
        # Some templates open with this marker themselves; no model was trained on two of them.
        if self.bos is not None and tokens[:1] != [self.bos]:
            tokens.insert(0, self.bos)
        return tokens

    def tokenise_text(self, text: str) -> tuple[int, ...]:
        """Plain text's tokens, as if it followed a marker."""
        return self._segment(text, False)

    def tokenise_marker(self, text: str) -> tuple[int, ...]:
        """A marker's tokens: one, in a vocabulary that knows it."""
        return self._segment(text, True)

    def _tokenise(self, text: str, special: bool) -> tuple[int, ...]:
        if self._n_invented and not special:
            return self._tokens(f"\n{text}", False)[self._n_invented :]
        return self._tokens(text, special)

    @cached_property
    def _n_invented(self) -> int:
        """How many tokens stand before a text that begins behind a line end; 0 for most.

        Vocabularies of SentencePiece's kind put a space in front of every text, which would
        stand between the marker and the code. Behind a line end, which is a token of its own
        there, the code is what it is.
        """
        tokens = self._tokens("\n", False)
        return len(tokens) if b"".join(map(self.piece, tokens)) == b" \n" else 0

    def _tokens(self, text: str, special: bool) -> tuple[int, ...]:
        data = text.encode("utf-8", "replace")
        room = (ctypes.c_int32 * (len(data) + 8))()
        n = C.llama_tokenize(self._vocab, data, len(data), room, len(room), False, special)
        if n < 0:
            raise RuntimeError(f"llama_tokenize wants room for {-n} tokens")
        return tuple(room[:n])

    def is_end(self, token: int) -> bool:
        """True for every token that is not text: end markers, FIM markers, other control."""
        return (
            token in self.end_tokens
            or C.llama_vocab_is_eog(self._vocab, token)
            or C.llama_vocab_is_control(self._vocab, token)
        )

    @cached_property
    def markers_within(self) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """The tokens that are not text and do not end an answer in llama.cpp's eyes either."""
        eog = C.llama_vocab_is_eog
        found = (t for t in range(self.n_tokens) if self.is_end(t) and not eog(self._vocab, t))
        return np.array([*found], np.int64)

    def _matching(self, text: bytes) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """The tokens that `text` starts with, and those that start with `text`."""
        pieces, tokens = self._sorted_pieces
        found: list[int] = []
        for n in range(1, len(text)):
            start = bisect_left(pieces, text[:n])
            end = bisect_right(pieces, text[:n])
            found += tokens[start:end]
        # No piece of text holds 0xff, so this is after all that start with `text`.
        found += tokens[bisect_left(pieces, text) : bisect_left(pieces, text + b"\xff")]
        return np.array(sorted(found), np.int64)

    @cached_property
    def word_ends(self) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """The tokens before which a word is over."""
        pieces, tokens = self._sorted_pieces
        ends = [t for piece, t in zip(pieces, tokens, strict=True) if not is_word_byte(piece[0])]
        return np.array(sorted({*ends, *self.end_tokens}), np.int64)

    @cached_property
    def _sorted_pieces(self) -> tuple[list[bytes], list[int]]:
        """All pieces of text in order, with their tokens. Made when healing is first asked for."""
        room = ctypes.create_string_buffer(256)
        pairs: list[tuple[bytes, int]] = []
        for token in range(self.n_tokens):
            n = C.llama_token_to_piece(self._vocab, token, room, len(room), 0, False)
            # Control tokens have no bytes; a token of more than 256 bytes heals nothing.
            if n > 0 and token not in self.end_tokens:
                pairs.append((room.raw[:n], token))
        texts = sorted(pairs)
        return [piece for piece, _ in texts], [token for _, token in texts]

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


def is_word_byte(byte: int) -> bool:
    """Whether a byte may stand in a name. Those above ASCII are of letters, mostly."""
    return byte >= 0x80 or byte in b"_$" or chr(byte).isalnum()
