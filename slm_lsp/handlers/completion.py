"""textDocument/completion: the same suggestion, for editors without ghost text."""

from lsprotocol import types

from slm_lsp import convert
from slm_lsp.server import SlmServer


async def completion(server: SlmServer, params: types.CompletionParams) -> types.CompletionList:
    settings = convert.settings_list(server.session, params)
    if settings is not None:
        return settings
    # An editor that shows ghost text would show everything twice.
    asked = None if server.shows_inline else convert.popup_request(server.session, params)
    suggestion = await server.session.suggest(asked) if asked else None
    return convert.popup_list(suggestion, params, server.session.encoding)
