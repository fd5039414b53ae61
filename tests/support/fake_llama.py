"""llama.cpp's cache without llama.cpp: what lies where, and who would be stopped in the middle."""

from collections.abc import Sequence
from itertools import count
from types import SimpleNamespace

from slm_lsp.inference.abort import AbortFlag
from slm_lsp.inference.cache import PROMPT
from slm_lsp.inference.llama import Aborted
from slm_lsp.inference.wire import ModelInfo

UBATCH = 16


class FakeLlama:
    """llama.cpp's cache as a table: each sequence maps positions to cells, cells hold tokens."""

    def __init__(self, n_ctx: int = 1000) -> None:
        self.n_ctx = n_ctx
        self.abort = AbortFlag()
        self.info = ModelInfo("", "", "", "", 1, "", n_ctx, n_ctx, 8, can_shift=True)
        self.sequences: dict[int, dict[int, int]] = {}
        self.cells: dict[int, int] = {}
        self.states: list[tuple[bytearray, list[int]]] = []
        self.abort_after: int | None = None
        self.vocab = SimpleNamespace(n_tokens=3)
        self._said: list[list[int]] = []
        self._unturned = False
        self._ids = count()

    def content(self, sequence: int = PROMPT) -> list[int]:
        positions = self.sequences.get(sequence, {})
        assert sorted(positions) == list(range(len(positions))), "positions have a gap"
        return [self.cells[positions[n]] for n in range(len(positions))]

    def decode(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        sequences: Sequence[int],
        outputs: Sequence[int],
    ) -> None:
        self._said = []
        if self.abort.function(self.abort.argument):
            assert not self._unturned, "stopped while the keys of moved cells are turned"
            raise Aborted
        self._unturned = False
        for n, (token, position, sequence) in enumerate(
            zip(tokens, positions, sequences, strict=True)
        ):
            if self.abort_after is not None and n >= self.abort_after // UBATCH * UBATCH:
                self.abort_after = None
                raise Aborted
            self._add(sequence, position, token)
            self._said.append(says(self.content(sequence)) if n in outputs else [])

    def logits(self, row: int) -> list[int]:
        assert self._said[row], "nobody asked for this row"
        return self._said[row]

    def _add(self, sequence: int, position: int, token: int) -> None:
        cells = self.sequences.setdefault(sequence, {})
        assert position == len(cells), "positions of a batch must go on from the cache's"
        cells[position] = next(self._ids)
        self.cells[cells[position]] = token

    def n_cached(self, sequence: int) -> int:
        return len(self.sequences.get(sequence, {}))

    def truncate(self, sequence: int, n_kept: int) -> None:
        cells = self.sequences.get(sequence, {})
        self.sequences[sequence] = {p: cell for p, cell in cells.items() if p < n_kept}

    def branch(self, source: int, target: int, end: int, start: int = 0) -> None:
        cells = self.sequences.get(source, {})
        self.sequences[target] = {p: cell for p, cell in cells.items() if start <= p < end}

    def append(self, source: int, target: int) -> None:
        self.sequences.setdefault(target, {}).update(self.sequences[source])

    def shift(self, sequence: int, start: int, end: int, delta: int) -> None:
        # llama.cpp turns the keys within the next batch, and turns them wrongly if it is stopped.
        self._unturned = True
        cells = self.sequences[sequence]
        moved = {p for p in cells if start <= p < end}
        for other, theirs in self.sequences.items():
            shared = {cells[p] for p in moved} & set(theirs.values())
            assert other == sequence or not shared, "shifting cells that another one shares"
        self.sequences[sequence] = {p + delta * (p in moved): c for p, c in cells.items()}

    def state_size(self, sequence: int) -> int:
        return 10 * self.n_cached(sequence)

    def save(self, sequence: int) -> bytearray:
        state = bytearray(self.state_size(sequence))
        self.states.append((state, self.content(sequence)))
        return state

    def restore(self, sequence: int, state: bytearray) -> bool:
        assert self.content(sequence) == []
        (tokens,) = [tokens for known, tokens in self.states if known is state]
        for position, token in enumerate(tokens):
            self._add(sequence, position, token)
        return True


def says(tokens: list[int]) -> list[int]:
    """Stands for the logits: other tokens, other figures."""
    return [len(tokens), tokens[-1], hash(tuple(tokens)) % 2**20]
