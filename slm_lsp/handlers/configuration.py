"""Settings that change while we run, and the folders that they are about."""

from lsprotocol import types

from slm_lsp import convert
from slm_lsp.server import SlmServer


def did_change_configuration(server: SlmServer, params: types.DidChangeConfigurationParams) -> None:
    server.session.configure(convert.as_json(params.settings))


def did_change_workspace_folders(
    server: SlmServer, params: types.DidChangeWorkspaceFoldersParams
) -> None:
    server.session.move(
        added=convert.folders(params.event.added), removed=convert.folders(params.event.removed)
    )


def did_change_watched_files(server: SlmServer, params: types.DidChangeWatchedFilesParams) -> None:
    server.session.files_changed([change.uri for change in params.changes])
