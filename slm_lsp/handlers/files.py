"""Files and folders that come, go and change without being saved in an editor."""

from lsprotocol import types

from slm_lsp.server import SlmServer


def did_create(server: SlmServer, params: types.CreateFilesParams) -> None:
    server.session.changed_on_disk([one.uri for one in params.files])


def did_rename(server: SlmServer, params: types.RenameFilesParams) -> None:
    server.session.changed_on_disk(
        [uri for one in params.files for uri in (one.old_uri, one.new_uri)]
    )


def did_delete(server: SlmServer, params: types.DeleteFilesParams) -> None:
    server.session.changed_on_disk([one.uri for one in params.files])


def did_change_watched(server: SlmServer, params: types.DidChangeWatchedFilesParams) -> None:
    server.session.changed_on_disk([one.uri for one in params.changes])
