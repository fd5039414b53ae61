"""Settings that change while we run, and the folders and files that they are about."""

import logging
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from slm_lsp import convert
from slm_lsp.log import describe
from slm_lsp.server import SlmServer
from slm_lsp.settings import Settings

LOG = logging.getLogger("slm_lsp.configuration")

SECTION = "slm-lsp"


def did_change_configuration(server: SlmServer, params: types.DidChangeConfigurationParams) -> None:
    settings = convert.as_json(params.settings)
    if concerns_us(settings):
        server.session.configure(settings)
        ask(server)
    else:
        # No news, or news without content: such clients want to be asked.
        ask(server, also_for_all=True)


def did_change_workspace_folders(
    server: SlmServer, params: types.DidChangeWorkspaceFoldersParams
) -> None:
    server.session.move(
        added=convert.folders(params.event.added), removed=convert.folders(params.event.removed)
    )
    ask(server)


def concerns_us(settings: Any) -> bool:
    """Whether it holds settings of ours. Some clients send everybody's, or just nothing."""
    ours = {SECTION, *(field.name for field in fields(Settings))}
    return isinstance(settings, dict) and not ours.isdisjoint(settings)


def ask(server: SlmServer, *, also_for_all: bool = False) -> None:
    """Ask a client that answers such questions for the settings of each folder.

    With `also_for_all`, also for those that hold wherever a folder has none.
    """
    roots = server.session.folders.roots
    scopes: list[Path | None] = [None, *roots] if also_for_all else [*roots]
    if server.answers_configuration and scopes:
        server.session.in_background(_ask(server, scopes))


async def _ask(server: SlmServer, scopes: Sequence[Path | None]) -> None:
    items = [
        types.ConfigurationItem(scope_uri=root.as_uri() if root else None, section=SECTION)
        for root in scopes
    ]
    try:
        answer = await server.protocol.send_request_async(
            types.WORKSPACE_CONFIGURATION, types.ConfigurationParams(items)
        )
    except JsonRpcException as error:
        LOG.warning("the editor does not tell its settings: %s", describe(error))
        return
    found = convert.as_json(answer)
    if not isinstance(found, list) or len(found) != len(scopes):
        return
    answers = zip(scopes, found, strict=True)
    told = {root: {SECTION: one} for root, one in answers if isinstance(one, dict)}
    if None in told:
        server.session.configure(told[None])
    # Most clients answer a question for a folder that has nothing of its own with nothing.
    server.session.configure_folders(
        {root: one for root, one in told.items() if root and one[SECTION]}
    )
