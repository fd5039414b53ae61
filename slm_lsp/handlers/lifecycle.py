"""The handshake, and the end."""

from lsprotocol import types

from slm_lsp import convert
from slm_lsp.handlers import configuration, diagnostics
from slm_lsp.server import SlmServer


def initialize(server: SlmServer, params: types.InitializeParams) -> None:
    """Capabilities are pygls's to answer; the model starts to load meanwhile."""
    server.agreed(params)
    session = server.session
    session.on_status = server.show_status
    session.on_reading = server.show_reading
    session.on_findings = lambda uri: diagnostics.tell(server, uri)
    session.on_complaint = server.warn
    session.begin(
        convert.roots_of(params),
        convert.encoding(server.workspace.position_encoding),
        params.initialization_options,
    )


def initialized(server: SlmServer, params: types.InitializedParams) -> None:
    """From now on the client listens to what it did not ask for."""
    server.listening = True
    server.show_status(server.session.serving.status)
    server.warn()
    configuration.ask(server)


def shutdown(server: SlmServer, params: None) -> None:
    """The model stops computing before the client says exit."""
    server.session.in_background(server.session.serving.close())
