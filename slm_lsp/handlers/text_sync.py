"""Open, change, close: the editor's documents mirrored to the letter."""

import logging

from lsprotocol import types

from slm_lsp import convert
from slm_lsp.server import SlmServer

LOG = logging.getLogger("slm_lsp.text_sync")


def did_open(server: SlmServer, params: types.DidOpenTextDocumentParams) -> None:
    document = params.text_document
    # The id is of an open enumeration, so whatever was sent arrives here.
    language_id = str(document.language_id)
    server.session.open(document.uri, language_id, document.version, document.text)


def did_change(server: SlmServer, params: types.DidChangeTextDocumentParams) -> None:
    session = server.session
    document = session.documents.get(params.text_document.uri)
    if document is None:
        LOG.warning("ignored a change of a document that is not open")
        return
    edits = []
    for change in params.content_changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            start, end = convert.place(change.range.start), convert.place(change.range.end)
            edits.append(document.edit(start, end, change.text))
        else:
            edits.append(document.replace(change.text))
    document.version = params.text_document.version
    session.edited(document, edits)


def did_close(server: SlmServer, params: types.DidCloseTextDocumentParams) -> None:
    server.session.close_document(params.text_document.uri)
