"""workspace/executeCommand: what people and status bars ask of the server."""

from collections.abc import Awaitable, Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from slm_lsp import answers, convert
from slm_lsp.handlers import diagnostics
from slm_lsp.printable import clip
from slm_lsp.server import SlmServer


async def execute_command(server: SlmServer, params: types.ExecuteCommandParams) -> Any:
    command = COMMANDS.get(params.command)
    if command is None:
        raise JsonRpcInvalidParams(f"no such command: {clip(params.command)}")
    arguments = convert.as_json(params.arguments or [])
    first = arguments[0] if arguments else {}
    return await command(server, first if isinstance(first, dict) else {})


async def status(server: SlmServer, options: dict[str, Any]) -> dict[str, Any]:
    """How things stand; with {"documents": true} also a digest of each open document."""
    return answers.status_json(server.session, with_documents=options.get("documents") is True)


async def explain(server: SlmServer, options: dict[str, Any]) -> dict[str, Any] | None:
    """How the last suggestion came about, or why there was none."""
    return answers.explain_json(server.session)


async def accepted(server: SlmServer, options: dict[str, Any]) -> None:
    """The person took a suggestion."""
    try:
        id, length = int(options["id"]), int(options.get("length", 0))
    except (KeyError, TypeError, ValueError) as error:
        raise JsonRpcInvalidParams("slm.accepted takes {id, kind, length}") from error
    server.session.questions.accepted(id, str(options.get("kind", "full")), length)


async def restart(server: SlmServer, options: dict[str, Any]) -> dict[str, Any]:
    """A fresh inference process; the answer comes when it is ready, or has failed."""
    await server.session.restart()
    return answers.status_json(server.session)


Command = Callable[[SlmServer, dict[str, Any]], Awaitable[Any]]

COMMANDS: dict[str, Command] = {
    "slm.status": status,
    "slm.explain": explain,
    convert.ACCEPTED: accepted,
    "slm.restart": restart,
    diagnostics.DISMISS: diagnostics.dismiss,
    diagnostics.TURN_OFF: diagnostics.turn_off_rule,
}
