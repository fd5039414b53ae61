"""A judge of changes that needs no model."""

from slm_lsp.diagnostics.judge import Place
from slm_lsp.diagnostics.types import Edit
from slm_lsp.errors import WorkerBusy


class Fixed:
    """A judge with one opinion. It notes what it is asked."""

    def __init__(self, ratio: float = 0.0, line: str = "", busy: bool = False) -> None:
        self.ratio, self.line, self.busy = ratio, line, busy
        self.asked: list[list[Edit]] = []

    async def ratios(
        self, place: Place, edits: list[Edit], *, by_token: bool = False
    ) -> list[float]:
        self.asked.append(edits)
        if self.busy:
            raise WorkerBusy("busy")
        return [self.ratio] * len(edits)

    async def rest_of_line(self, place: Place, start: int) -> str:
        if self.busy:
            raise WorkerBusy("busy")
        return self.line
