"""textDocument/inlineCompletion: one suggestion at the cursor, as ghost text."""

from lsprotocol import types

from slm_lsp import convert
from slm_lsp.server import SlmServer


async def inline_completion(
    server: SlmServer, params: types.InlineCompletionParams
) -> types.InlineCompletionList:
    server.asks_inline = True
    server.session.diagnostics.cursor_at(params.text_document.uri, params.position.line)
    request = convert.inline_request(server.session, params)
    suggestion = await server.session.suggest(request) if request else None
    return convert.inline_list(suggestion, params, server.session.encoding)
