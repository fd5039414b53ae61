"""Findings and fixes as lsprotocol's types."""

from pathlib import Path

from lsprotocol import types
from slm_context.reported import Reported, names_in

from slm_lsp.columns import to_code_points
from slm_lsp.diagnostics.types import Finding, Fix
from slm_lsp.diagnostics.watched import Report
from slm_lsp.documents import DocumentSnapshot
from slm_lsp.reports import Stretch

SOURCE = "slm-lsp"
PAGES = Path(__file__).with_name("diagnostics") / "pages"
# Of a range that an editor asks about, and of what it tells of it.
MAX_ASKED_LINES, MAX_REPORTS = 2_000, 200


def diagnostics(snapshot: DocumentSnapshot | None, report: Report) -> list[types.Diagnostic]:
    """A report's findings, where the editor sees them; none for a document that moved on."""
    if snapshot is None:
        return []
    return [_diagnostic(snapshot, finding) for finding in report.findings]


def code_actions(
    snapshot: DocumentSnapshot,
    report: Report,
    params: types.CodeActionParams,
    dismiss: str,
    turn_off: str,
) -> list[types.CodeAction]:
    """What can be done about the findings that the range touches."""
    wanted = params.context.only
    if wanted and not any(str(types.CodeActionKind.QuickFix).startswith(str(k)) for k in wanted):
        return []
    start, end = params.range.start, params.range.end
    actions: list[types.CodeAction] = []
    for finding in report.findings:
        diagnostic = _diagnostic(snapshot, finding)
        if _before(diagnostic.range.end, start) or _before(end, diagnostic.range.start):
            continue
        actions.extend(_fix(snapshot, diagnostic, fix) for fix in finding.fixes)
        if finding.fingerprint:
            actions.append(
                _command("Not a bug (remember)", dismiss, {"fingerprint": finding.fingerprint})
            )
            actions.append(
                _command(
                    f"Turn off `{finding.rule}` on this machine", turn_off, {"rule": finding.rule}
                )
            )
    return actions


def reported(
    snapshot: DocumentSnapshot, params: types.CodeActionParams
) -> tuple[list[Stretch], list[Reported]]:
    """What the editor asks about, and what it tells of other servers' findings there."""
    asked = params.range
    last = min(asked.end.line, asked.start.line + MAX_ASKED_LINES, len(snapshot.line_starts) - 1)
    stretches = [
        _stretch(snapshot, asked, number) for number in range(max(0, asked.start.line), last + 1)
    ]
    return stretches, [
        Reported(*_stretch(snapshot, one.range, one.range.start.line), names_in(_said(one)), source)
        for one in params.context.diagnostics[:MAX_REPORTS]
        if (source := one.source or "another tool") != SOURCE
        # It names what nobody wants.
        and types.DiagnosticTag.Unnecessary not in (one.tags or ())
    ]


def _said(diagnostic: types.Diagnostic) -> str:
    """Its message, and what it says of other places: where what it names is declared."""
    related = diagnostic.related_information or ()
    return "\n".join((diagnostic.message, *(one.message for one in related[:4])))


def _stretch(snapshot: DocumentSnapshot, of: types.Range, number: int) -> Stretch:
    """The part of a range that lies on one line."""
    line = snapshot.line(number)
    start, end = (
        to_code_points(line, at.character, snapshot.encoding) if at.line == number else None
        for at in (of.start, of.end)
    )
    return Stretch(line, start or 0, len(line) if end is None else end)


def _diagnostic(snapshot: DocumentSnapshot, finding: Finding) -> types.Diagnostic:
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(snapshot.uri, _range(snapshot, one.start, one.end)), one.message
        )
        for one in finding.related
    ]
    page = PAGES / f"{finding.rule}.md"
    return types.Diagnostic(
        range=_range(snapshot, finding.start, finding.end),
        message=finding.message,
        severity=types.DiagnosticSeverity(int(finding.severity)),
        code=finding.rule,
        code_description=types.CodeDescription(page.as_uri()),
        source=SOURCE,
        related_information=related or None,
    )


def _fix(snapshot: DocumentSnapshot, diagnostic: types.Diagnostic, fix: Fix) -> types.CodeAction:
    """A versioned edit: an editor that has moved on refuses it."""
    edit = types.TextEdit(_range(snapshot, fix.edit.start, fix.edit.end), fix.edit.new_text)
    document = types.OptionalVersionedTextDocumentIdentifier(snapshot.uri, snapshot.version)
    return types.CodeAction(
        title=fix.title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic],
        is_preferred=fix.preferred or None,
        edit=types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, [edit])]),
    )


def _command(title: str, command: str, options: dict[str, str]) -> types.CodeAction:
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        command=types.Command(title=title, command=command, arguments=[options]),
    )


def _range(snapshot: DocumentSnapshot, start: int, end: int) -> types.Range:
    places = snapshot.place_at(start), snapshot.place_at(end)
    return types.Range(*(types.Position(*place) for place in places))


def _before(a: types.Position, b: types.Position) -> bool:
    return (a.line, a.character) < (b.line, b.character)
