"""Where the model has a say: hints that need its agreement, and broken lines that it fills in.

It is asked only about what changed, at most a tenth of the time, and once about the same function.
"""

import logging
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from slm_context.syntax import SyntaxTree

from slm_lsp.diagnostics.budget import TimeBudget
from slm_lsp.diagnostics.judge import Judge, Place
from slm_lsp.diagnostics.mending import mends
from slm_lsp.diagnostics.refill import refilled
from slm_lsp.diagnostics.repair import Repair
from slm_lsp.diagnostics.types import Finding
from slm_lsp.errors import WorkerError

LOG = logging.getLogger("slm_lsp.diagnostics")

# How much likelier the fix must be for a hint, in nats (benchmarks/results/diagnostics.csv).
HINT_NATS = 2.0
MAX_REMEMBERED = 2_000


class Advice:
    """Asks the judge that there is now; without one, or when its time is spent, it says nothing."""

    def __init__(self, judge: Callable[[], Judge | None], budget: TimeBudget) -> None:
        self._judge = judge
        self._budget = budget
        # By fingerprint, which holds the function's text: most functions never change.
        self._ratios: OrderedDict[str, float] = OrderedDict()

    async def agrees(self, place: Place, finding: Finding) -> Finding | None:
        """The finding with what the model says for it; None when it does not agree."""
        ratio = await self._ratio(place, finding)
        if ratio is None or ratio < HINT_NATS:
            return None
        return replace(finding, message=f"{finding.message} {in_words(ratio)}")

    async def _ratio(self, place: Place, finding: Finding) -> float | None:
        known = self._ratios.get(finding.fingerprint)
        judge = self._judge()
        if known is not None or judge is None or self._budget.is_spent or not finding.fixes:
            return known
        try:
            with self._budget.spending():
                (ratio,) = await judge.ratios(place, [finding.fixes[0].edit])
        except WorkerError as error:
            LOG.debug("a hint was given up: %s", error)
            return None
        self._ratios[finding.fingerprint] = ratio
        if len(self._ratios) > MAX_REMEMBERED:
            self._ratios.popitem(last=False)
        return ratio

    async def repair(self, path: str, tree: SyntaxTree, finding: Finding) -> list[Repair]:
        """The broken line as the model would write it, if that parses and changes little."""
        judge = self._judge()
        if judge is None or self._budget.is_spent:
            return []
        place = Place(path, tree.language, tree.text)
        try:
            with self._budget.spending():
                found = await refilled(place, finding.start, judge, mends(tree, finding))
        except WorkerError as error:
            LOG.debug("a repair was given up: %s", error)
            return []
        return [found] if found is not None else []


def in_words(ratio: float) -> str:
    """`2.1` nats → "The model finds it about 8 times likelier"; one digit, no more is known."""
    times = math.exp(ratio)
    if times >= 10_000:
        return "The model finds it more than 10,000 times likelier."
    digits = f"{float(f'{times:.0e}'):,.0f}"
    return f"The model finds it about {digits} times likelier."
