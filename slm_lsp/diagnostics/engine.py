"""When diagnostics are computed, and what an editor is told in between.

Nothing is checked while the user types: a document settles for 1.5 s, or is saved. Until then the
old findings move along with the edits, and one that is edited disappears. Every check runs in
slices of a few milliseconds and gives way to the next keystroke.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from slm_context.syntax import SyntaxTree, parse

from slm_lsp.diagnostics.dismissals import Dismissals
from slm_lsp.diagnostics.repair import Repair
from slm_lsp.diagnostics.semantics import check_semantics, unit_hashes
from slm_lsp.diagnostics.syntax import check_syntax, repairs_of, with_fixes, wrong_lines
from slm_lsp.diagnostics.types import Finding
from slm_lsp.documents import Edit as DocumentEdit
from slm_lsp.settings import DiagnosticsSettings

SETTLE_S = 1.5
# A line that was edited this recently is still being typed, unless the file was saved.
TYPING_S = 4.0
# Longer than this without giving way could be felt as a late suggestion.
SLICE_S = 0.004
# A repair search that takes longer is given up: the finding shows without a fix.
REPAIR_S = 0.8
# Past this many characters a check could be felt; the file gets no diagnostics.
MAX_CHECKED = 1_000_000


@dataclass(frozen=True, slots=True)
class Report:
    """What an editor is told about one document. Equal `result_id`s mean nothing changed."""

    result_id: str
    version: int
    findings: tuple[Finding, ...]


@dataclass
class _Watched:
    """What is remembered of one open document."""

    path: str
    language: str
    version: int
    text: Callable[[], str]
    report: Report
    # Lines the grammar did not accept, and units that were there, when it was opened.
    wrong_lines: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    tree: SyntaxTree | None = None
    edited_at: float = 0.0
    edit_offset: int = 0
    held_back: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class DiagnosticsEngine:
    """Findings for the open documents; `on_change(uri)` is called when a document's are new."""

    def __init__(
        self,
        settings: DiagnosticsSettings,
        on_change: Callable[[str], None],
        dismissals: Dismissals | None = None,
        clock: Callable[[], float] = time.monotonic,
        settle_s: float = SETTLE_S,
    ) -> None:
        self.settings = settings
        self.dismissals = dismissals or Dismissals()
        self._on_change = on_change
        self._clock = clock
        self._settle_s = settle_s
        self._documents: dict[str, _Watched] = {}
        self._result_ids = itertools.count(1)

    # What the editor does.

    def opened(self, uri: str, path: str, language: str | None, version: int, text: str) -> None:
        """Remember what is wrong already: that is not the user's doing in this session."""
        if language is None or len(text) > MAX_CHECKED:
            return
        watched = _Watched(path, language, version, lambda: text, self._report(version, ()))
        self._documents[uri] = watched
        self._schedule(uri, watched, settle_s=0.0, first=True)

    def changed(
        self, uri: str, version: int, text: Callable[[], str], edits: Sequence[DocumentEdit]
    ) -> None:
        """The document was edited; `edits` in the order in which they were applied.

        `text()` is called when typing pauses, and gives what the document is then.
        """
        watched = self._documents.get(uri)
        if watched is None:
            return
        findings = watched.report.findings
        for edit in edits:
            findings = tuple(_moved(findings, edit))
        if edits:
            watched.edit_offset = edits[-1].offset + len(edits[-1].inserted)
        watched.version, watched.text, watched.edited_at = version, text, self._clock()
        watched.report = self._report(version, findings)
        self._schedule(uri, watched, self._settle_s)

    def saved(self, uri: str) -> None:
        watched = self._documents.get(uri)
        if watched is not None:
            watched.edited_at = 0.0
            self._schedule(uri, watched, settle_s=0.0)

    def closed(self, uri: str) -> None:
        watched = self._documents.pop(uri, None)
        if watched is not None and watched.task is not None:
            watched.task.cancel()

    def configure(self, settings: DiagnosticsSettings) -> None:
        self.settings = settings
        self.check_again()

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
        for uri, watched in self._documents.items():
            self._schedule(uri, watched, settle_s=0.0)

    def close(self) -> None:
        for uri in list(self._documents):
            self.closed(uri)
        self.dismissals.save()

    # What the editor asks.

    def report(self, uri: str) -> Report:
        """The newest report; answers at once, from what is known."""
        watched = self._documents.get(uri)
        return watched.report if watched is not None else Report("", 0, ())

    # How it is done.

    def _report(self, version: int, findings: tuple[Finding, ...]) -> Report:
        return Report(str(next(self._result_ids)), version, findings)

    def _schedule(
        self, uri: str, watched: _Watched, settle_s: float, *, first: bool = False
    ) -> None:
        if watched.task is not None:
            watched.task.cancel()
        watched.task = asyncio.ensure_future(self._check(uri, watched, settle_s, first))

    async def _check(self, uri: str, watched: _Watched, settle_s: float, first: bool) -> None:
        await asyncio.sleep(settle_s)
        version, text = watched.version, watched.text()
        if len(text) > MAX_CHECKED:
            return
        tree = parse(text, watched.language, watched.tree)
        if tree is None:
            return
        watched.tree = tree
        if first:
            watched.wrong_lines, watched.units = wrong_lines(tree), unit_hashes(tree)
        await asyncio.sleep(0)
        findings = await self._findings(watched, tree)
        if version != watched.version:  # pragma: no cover - a new edit cancels this task
            return
        if findings != watched.report.findings:
            watched.report = self._report(version, findings)
            self._on_change(uri)
        if watched.held_back:
            # Something stands on the line being typed: look again when it no longer is.
            self._schedule(uri, watched, TYPING_S - SETTLE_S)

    async def _findings(self, watched: _Watched, tree: SyntaxTree) -> tuple[Finding, ...]:
        watched.held_back = False
        if not self.settings.enabled:
            return ()
        found: list[Finding] = []
        if self.settings.syntax and "syntax" not in self.settings.disabled_rules:
            report = check_syntax(tree, watched.wrong_lines)
            for finding in report.findings:
                if self._being_typed(watched, finding):
                    watched.held_back = True
                    continue
                repairs = await self._slices(repairs_of(tree, finding, report.unbalanced))
                found.append(with_fixes(finding, repairs))
        await asyncio.sleep(0)
        disabled = {*self.settings.disabled_rules}
        for finding in check_semantics(tree, watched.path, watched.units, frozenset(disabled)):
            mark = finding.fingerprint
            if self.dismissals.is_dismissed(mark) or self.dismissals.turned_off(finding.rule):
                continue
            if self._being_typed(watched, finding):
                watched.held_back = True
                continue
            self.dismissals.count_shown(mark, finding.rule)
            found.append(finding)
        return tuple(found)

    async def _slices(self, repairs: Iterator[Repair | None]) -> list[Repair]:
        """Run a search a few milliseconds at a time; typing cancels it in between."""
        found: list[Repair] = []
        start = slice_start = self._clock()
        for repair in repairs:
            if repair is not None:
                found.append(repair)
            now = self._clock()
            if now - start > REPAIR_S:
                break
            if now - slice_start > SLICE_S:
                await asyncio.sleep(0)
                slice_start = self._clock()
        return found

    def _being_typed(self, watched: _Watched, finding: Finding) -> bool:
        """True when the finding stands on the line that was edited a moment ago."""
        if self._clock() - watched.edited_at > TYPING_S:
            return False
        low, high = sorted((finding.start, watched.edit_offset))
        assert watched.tree is not None, "only a checked document has findings"
        between = watched.tree.text[low:high]
        return "\n" not in between and "\r" not in between


def _moved(findings: tuple[Finding, ...], edit: DocumentEdit) -> Iterator[Finding]:
    """The findings after an edit: those behind it move, those it touches are gone."""
    delta = len(edit.inserted) - len(edit.removed)
    for finding in findings:
        if finding.end < edit.offset:
            yield replace(finding, fixes=(), related=())
        elif finding.start > edit.offset + len(edit.removed):
            yield replace(
                finding,
                start=finding.start + delta,
                end=finding.end + delta,
                fixes=(),
                related=(),
            )
