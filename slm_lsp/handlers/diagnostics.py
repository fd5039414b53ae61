"""Squiggles, pulled or pushed, their quick fixes, and how to silence them."""

from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from slm_lsp import convert_diagnostics as convert
from slm_lsp.convert import place
from slm_lsp.server import SlmServer

DISMISS = "slm.dismiss"
TURN_OFF = "slm.turnOffRule"


def will_save(server: SlmServer, params: types.WillSaveTextDocumentParams) -> None:
    """Editors that save by themselves say so; that is no sign that a line is finished."""
    by_timer = params.reason == types.TextDocumentSaveReason.AfterDelay
    server.session.diagnostics.saving(params.text_document.uri, by_timer=by_timer)


def did_save(server: SlmServer, params: types.DidSaveTextDocumentParams) -> None:
    server.session.diagnostics.saved(params.text_document.uri)
    server.session.changed_on_disk([params.text_document.uri])


async def pull(
    server: SlmServer, params: types.DocumentDiagnosticParams
) -> types.DocumentDiagnosticReport:
    """What is known, at once, to a client that can be told to ask again when there is more.

    One that cannot waits until the document has settled; one that gets findings pushed would show
    them twice if it got them here, too.
    """
    if not server.pulls_diagnostics:
        return types.RelatedFullDocumentDiagnosticReport(items=[])
    uri, engine = params.text_document.uri, server.session.diagnostics
    at_once = server.refreshes_diagnostics
    report = engine.report(uri) if at_once else await engine.settled(uri)
    if params.previous_result_id and params.previous_result_id == report.result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=report.result_id)
    return types.RelatedFullDocumentDiagnosticReport(
        items=convert.diagnostics(server.session.snapshot(uri), report), result_id=report.result_id
    )


def tell(server: SlmServer, uri: str) -> None:
    """Findings are new: clients that pull are asked to, the others get them."""
    if not server.listening:
        return
    if not server.pulls_diagnostics:
        report = server.session.diagnostics.report(uri)
        server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri, convert.diagnostics(server.session.snapshot(uri), report), report.version
            )
        )
    elif server.refreshes_diagnostics:
        server.session.in_background(_refresh(server))


async def _refresh(server: SlmServer) -> None:
    await server.workspace_diagnostic_refresh_async(None)


async def code_action(server: SlmServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """Fixes for the findings that the range touches, and ways to silence them.

    The question also tells what other servers found there.
    """
    uri, session = params.text_document.uri, server.session
    snapshot, report = session.snapshot(uri), session.diagnostics.report(uri)
    if snapshot is None:
        return []
    session.reported(snapshot, *convert.reported(snapshot, params))
    start = params.range.start
    if start == params.range.end:
        # Editors ask this wherever the cursor comes to rest: no other message says where it is.
        session.diagnostics.cursor_at(uri, start.line)
        session.cursor_at(snapshot, snapshot.offset_at(place(start)))
    if report.version != snapshot.version:
        return []
    return convert.code_actions(snapshot, report, params, DISMISS, TURN_OFF)


async def dismiss(server: SlmServer, options: dict[str, Any]) -> None:
    """ "Not a bug": never shown again while the function stays as it is."""
    mark = options.get("fingerprint")
    if not isinstance(mark, str) or not mark:
        raise JsonRpcInvalidParams("slm.dismiss takes {fingerprint}")
    server.session.diagnostics.dismiss(mark)


async def turn_off_rule(server: SlmServer, options: dict[str, Any]) -> None:
    """No more of this rule on this machine; `{rule, on: true}` brings it back."""
    rule = options.get("rule")
    if not isinstance(rule, str) or not rule:
        raise JsonRpcInvalidParams("slm.turnOffRule takes {rule}")
    server.session.diagnostics.turn_off(rule, on=options.get("on") is True)
