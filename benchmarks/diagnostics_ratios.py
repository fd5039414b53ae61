"""What the bundled model makes of each suspicion: how much likelier the fix is than the code."""

import csv
from dataclasses import dataclass

from slm_context.syntax import SyntaxTree

from benchmarks.diagnostics_report import RATIOS
from slm_lsp.commands.looking import judging
from slm_lsp.diagnostics.judge import Place
from slm_lsp.diagnostics.types import Finding
from slm_lsp.settings import Settings

HEADER = ["benchmark", "label", "repository", "rule", "right", "nats"]


@dataclass(slots=True)
class Suspected:
    """A finding; `right` when there was a bug. `nats` is ln p(fixed) − ln p(as it is)."""

    repository: str
    place: Place
    finding: Finding
    right: bool
    nats: float | None = None


class Ratios:
    """Collects suspicions, and asks about those that have a fix."""

    def __init__(self, benchmark: str) -> None:
        self.benchmark = benchmark
        self._suspected: list[Suspected] = []

    def add(self, repository: str, tree: SyntaxTree, finding: Finding, *, right: bool) -> None:
        place = Place("file.py", tree.language, tree.text)
        self._suspected.append(Suspected(repository, place, finding, right))

    async def ask(self) -> None:
        async with judging(Settings()) as (_, judge):
            for one in self._suspected:
                if one.finding.fixes:
                    (one.nats,) = await judge.ratios(one.place, [one.finding.fixes[0].edit])

    def save(self, label: str) -> None:
        new = not RATIOS.exists()
        with RATIOS.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(HEADER)
            for one in self._suspected:
                nats = "" if one.nats is None else f"{one.nats:.2f}"
                row = [one.repository, one.finding.rule, int(one.right), nats]
                writer.writerow([self.benchmark, label, *row])
