"""One check of a document: what is found, in slices that give way to the next keystroke."""

import asyncio
import math
from collections.abc import Callable, Iterator
from typing import TypeVar

from slm_context.syntax import SyntaxTree

from slm_lsp.diagnostics.advice import Advice
from slm_lsp.diagnostics.dismissals import Dismissals
from slm_lsp.diagnostics.fixes import repairs_of, with_fixes
from slm_lsp.diagnostics.judge import Place
from slm_lsp.diagnostics.semantics import HINTS, RULES, semantic_steps, wanted_rules
from slm_lsp.diagnostics.syntax import syntax_steps
from slm_lsp.diagnostics.types import Finding
from slm_lsp.diagnostics.watched import Shown, Watched
from slm_lsp.settings import DiagnosticsSettings

T = TypeVar("T")

# Longer than this without giving way could be felt as a late suggestion.
SLICE_S = 0.004
# A repair search that takes longer is given up: the finding shows without a fix.
REPAIR_S = 0.8


class Checks:
    """Asks the grammar, the rules and, where it has a say, the model."""

    def __init__(self, dismissals: Dismissals, advice: Advice, clock: Callable[[], float]) -> None:
        self._dismissals = dismissals
        self._advice = advice
        self._clock = clock

    async def findings(
        self, watched: Watched, tree: SyntaxTree, settings: DiagnosticsSettings
    ) -> list[Finding]:
        found: list[Finding] = []
        if settings.syntax and "syntax" not in settings.disabled_rules:
            found += await self._syntax_errors(watched, tree)
        await asyncio.sleep(0)
        rules = {**RULES, **HINTS} if settings.hints else RULES
        wanted = wanted_rules(rules, settings, self._dismissals)
        place = Place(watched.path, tree.language, tree.text)
        for finding in await self._slices(
            semantic_steps(tree, watched.path, watched.units, wanted)
        ):
            mark = finding.fingerprint
            if self._dismissals.is_dismissed(mark):
                continue
            if not self.may_show(watched, Shown.of(finding, tree.text)):
                continue
            hint = await self._advice.agrees(place, finding) if finding.rule in HINTS else finding
            if hint is not None:
                self._dismissals.count_shown(mark, finding.rule)
                found.append(hint)
        return found

    async def _syntax_errors(self, watched: Watched, tree: SyntaxTree) -> list[Finding]:
        steps = syntax_steps(tree, watched.wrong_lines, watched.compiled)
        found: list[Finding] = []
        for report in await self._slices(steps):
            for finding in report.findings:
                if self.may_show(watched, Shown.of(finding, tree.text)):
                    search = repairs_of(tree, finding, report.unbalanced)
                    repairs = await self._slices(search, REPAIR_S)
                    repairs = repairs or await self._advice.repair(watched.path, tree, finding)
                    found.append(with_fixes(tree.text, finding, repairs))
        return found

    def may_show(self, watched: Watched, shown: Shown) -> bool:
        """False on the line being typed, where it is held back."""
        if not watched.is_typed(shown, self._clock()):
            return True
        watched.held_back = True
        return False

    async def _slices(self, steps: Iterator[T | None], within_s: float = math.inf) -> list[T]:
        """Take steps a few milliseconds at a time; the next keystroke cancels it in between."""
        found: list[T] = []
        start = slice_start = self._clock()
        for step in steps:
            if step is not None:
                found.append(step)
            now = self._clock()
            if now - start > within_s:
                break
            if now - slice_start > SLICE_S:
                await asyncio.sleep(0)
                slice_start = self._clock()
        return found
