"""A process gives up the network, other programs and foreign files, before it sees any source."""

from slm_lsp.sandbox.enter import current, demand, enter_server_sandbox, enter_worker_sandbox
from slm_lsp.sandbox.level import Sandbox, SandboxLevel, level_of

__all__ = [
    "Sandbox",
    "SandboxLevel",
    "current",
    "demand",
    "enter_server_sandbox",
    "enter_worker_sandbox",
    "level_of",
]
