"""Settings that change while we run, and the folders and files that they are about."""

from dataclasses import fields
from typing import Any

from lsprotocol import types

from slm_lsp import convert
from slm_lsp.server import SlmServer
from slm_lsp.settings import Settings

SECTION = "slm-lsp"


def did_change_configuration(server: SlmServer, params: types.DidChangeConfigurationParams) -> None:
    settings = convert.as_json(params.settings)
    if concerns_us(settings):
        server.session.configure(settings)
    elif server.answers_configuration:
        # No news, or news without content: such clients want to be asked.
        server.session.in_background(_ask(server))


def did_change_workspace_folders(
    server: SlmServer, params: types.DidChangeWorkspaceFoldersParams
) -> None:
    server.session.move(
        added=convert.folders(params.event.added), removed=convert.folders(params.event.removed)
    )


def did_change_watched_files(server: SlmServer, params: types.DidChangeWatchedFilesParams) -> None:
    server.session.look_at_settings_files()
    for change in params.changes:
        server.session.saved(change.uri)


def concerns_us(settings: Any) -> bool:
    """Whether it holds settings of ours. Some clients send everybody's, or just nothing."""
    ours = {SECTION, *(field.name for field in fields(Settings))}
    return isinstance(settings, dict) and not ours.isdisjoint(settings)


async def _ask(server: SlmServer) -> None:
    item = types.ConfigurationItem(section=SECTION)
    answer = await server.protocol.send_request_async(
        types.WORKSPACE_CONFIGURATION, types.ConfigurationParams([item])
    )
    found = convert.as_json(answer)
    if isinstance(found, list) and found and isinstance(found[0], dict):
        server.session.configure({SECTION: found[0]})
