"""When diagnostics are computed, and what an editor is told in between.

Nothing is checked while the user types: a document settles for 1.5 s, or is saved by a person (what
an editor saves by itself every second says nothing). Until then the old findings move along with
the edits. The line being typed stays free of findings until the person leaves it. Every check runs
in slices of a few milliseconds and gives way to the next keystroke.
"""

import asyncio
import itertools
import operator
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from slm_context.syntax import SyntaxTree
from slm_context.trees import tree_of

from slm_lsp.diagnostics.advice import Advice
from slm_lsp.diagnostics.budget import TimeBudget
from slm_lsp.diagnostics.checking import Checks
from slm_lsp.diagnostics.dismissals import Dismissals
from slm_lsp.diagnostics.judge import Judge
from slm_lsp.diagnostics.semantics import unit_hashes
from slm_lsp.diagnostics.syntax import wrong_lines
from slm_lsp.diagnostics.types import MAX_CHECKED, Finding
from slm_lsp.diagnostics.watched import TYPING_S, Checker, Report, Shown, Watched
from slm_lsp.documents import Edit as DocumentEdit
from slm_lsp.settings import DiagnosticsSettings

SETTLE_S = 1.5


class DiagnosticsEngine:
    """Findings for the open documents; `on_change(uri)` is called when a document's are new.

    `settings_of(uri)` says what is wanted in a document now.
    """

    def __init__(
        self,
        settings_of: Callable[[str], DiagnosticsSettings],
        on_change: Callable[[str], None],
        dismissals: Dismissals | None = None,
        judge: Callable[[], Judge | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._settings_of = settings_of
        self.dismissals = dismissals or Dismissals()
        self._checks = Checks(self.dismissals, Advice(judge, TimeBudget(clock)), clock)
        self._on_change = on_change
        self._clock = clock
        self._settle_s = settle_s
        self._documents: dict[str, Watched] = {}
        self._result_ids = itertools.count(1)

    # What the editor does.

    def opened(
        self,
        uri: str,
        path: str,
        language: str | None,
        version: int,
        text: str,
        checker: Checker | None = None,
    ) -> None:
        """Remember what is wrong already: that is not the user's doing in this session.

        A `checker` takes the place of the grammar and the rules, for files of another kind.
        """
        if (language is None and checker is None) or len(text) > MAX_CHECKED:
            return
        report = self._report(version, ())
        watched = Watched(path, language or "", version, lambda: text, report, checker, text)
        self._documents[uri] = watched
        self._schedule(uri, watched, settle_s=0.0)

    def changed(
        self, uri: str, version: int, text: Callable[[], str], edits: Sequence[DocumentEdit]
    ) -> None:
        """The document was edited; `edits` in the order in which they were applied.

        `text()` is called when typing pauses, and gives what the document is then.
        """
        watched = self._documents.get(uri)
        if watched is None:
            return
        before = shown = watched.report.shown
        for edit in edits:
            shown = tuple(moved for one in shown if (moved := one.after(edit)) is not None)
            watched.edited(edit)
        watched.held_back = False
        watched.version, watched.text, watched.edited_at = version, text, self._clock()
        same = len(shown) == len(before) and all(map(operator.is_, shown, before))
        result_id = watched.report.result_id if same else str(next(self._result_ids))
        watched.report = Report(result_id, version, tuple(map(_without_fixes, shown)))
        if len(shown) < len(before):
            self._on_change(uri)
        self._schedule(uri, watched, self._settle_s)

    def cursor_at(self, uri: str, line: int) -> None:
        """The editor says on which line its cursor is: another one than was typed on is news."""
        watched = self._documents.get(uri)
        if watched is None or watched.typed_at is None:
            return
        watched.cursor_line = line
        if watched.held_back and watched.left_its_line():
            self._schedule(uri, watched, settle_s=0.0)

    def saving(self, uri: str, *, by_timer: bool) -> None:
        """The document is about to be saved, by a person or because some time has passed."""
        watched = self._documents.get(uri)
        if watched is not None:
            watched.saved_by_timer = by_timer

    def saved(self, uri: str) -> None:
        watched = self._documents.get(uri)
        if watched is None:
            return
        if watched.saved_by_timer:
            watched.saved_by_timer = False
            return  # the check that the last edit asked for comes when typing has settled
        watched.typed_at = None
        self._schedule(uri, watched, settle_s=0.0)

    def closed(self, uri: str) -> None:
        watched = self._documents.pop(uri, None)
        if watched is not None and watched.task is not None:
            watched.task.cancel()

    def dismiss(self, fingerprint: str) -> None:
        """Remember that this finding is no bug, and take it away."""
        for watched in self._documents.values():
            for finding in watched.report.findings:
                if finding.fingerprint and finding.fingerprint == fingerprint:
                    self.dismissals.dismiss(fingerprint, finding.rule)
        self.check_again()

    def turn_off(self, rule: str, *, on: bool = False) -> None:
        """Show no more of a rule on this machine, or show it again."""
        self.dismissals.turn_off(rule, on=on)
        self.check_again()

    def check_again(self) -> None:
        """Settings changed, or what is shown on this machine."""
        for uri, watched in self._documents.items():
            self._schedule(uri, watched, settle_s=0.0)

    def close(self) -> None:
        for uri in list(self._documents):
            self.closed(uri)
        self.dismissals.save()

    # What the editor asks.

    async def settled(self, uri: str) -> Report:
        """The report once no check is under way, or is cut short by a new edit."""
        watched = self._documents.get(uri)
        if watched is not None and watched.task is not None and not watched.held_back:
            await asyncio.wait({watched.task})
        return self.report(uri)

    def report(self, uri: str) -> Report:
        """The newest report; answers at once, from what is known."""
        watched = self._documents.get(uri)
        return watched.report if watched is not None else Report("", 0, ())

    # How it is done.

    def _report(self, version: int, shown: tuple[Shown, ...]) -> Report:
        return Report(str(next(self._result_ids)), version, shown)

    def _schedule(self, uri: str, watched: Watched, settle_s: float) -> None:
        if watched.task is not None:
            watched.task.cancel()
        watched.task = asyncio.ensure_future(self._check(uri, watched, settle_s))

    async def _check(self, uri: str, watched: Watched, settle_s: float) -> None:
        await asyncio.sleep(settle_s)
        version, text, settings = watched.version, watched.text(), self._settings_of(uri)
        if len(text) > MAX_CHECKED:
            return
        if watched.left_its_line():
            watched.typed_at = None
        watched.held_back = False
        shown: tuple[Shown, ...] = ()
        if settings.enabled and watched.checker is not None:
            found = await asyncio.to_thread(watched.checker, text)
            shown = tuple(
                one for one in _placed(found, text) if self._checks.may_show(watched, one)
            )
        elif watched.checker is None:
            tree = tree_of(text, watched.language, watched.path)
            if tree is None:
                return
            _note_what_was_there(watched, tree)
            await asyncio.sleep(0)
            if settings.enabled:
                shown = tuple(_placed(await self._checks.findings(watched, tree, settings), text))
        if version != watched.version:  # pragma: no cover - a new edit cancels this task
            return
        if shown != watched.report.shown:
            watched.report = self._report(version, shown)
            self._on_change(uri)
        if watched.held_back:
            # Something stands on the line being typed: look again when it no longer is.
            self._schedule(uri, watched, TYPING_S)


def _note_what_was_there(watched: Watched, tree: SyntaxTree) -> None:
    """Look at the text that was opened, once; an edit may have come before there was time."""
    if watched.opened is None:
        return
    old = tree if watched.opened == tree.text else tree.edited(watched.opened)
    watched.opened = None
    watched.wrong_lines, watched.units = wrong_lines(old), unit_hashes(old)


def _placed(findings: Sequence[Finding], text: str) -> Iterator[Shown]:
    return (Shown.of(finding, text) for finding in findings)


def _without_fixes(shown: Shown) -> Shown:
    """They were checked for the text before the edit."""
    return replace(shown, finding=replace(shown.finding, fixes=()))
