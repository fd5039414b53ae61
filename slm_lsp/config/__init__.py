"""Settings files: `slm-lsp.toml`, `[tool.slm-lsp]`, the user's own, and what the editor sends.

`load(root, editor_options)` reads once; `ConfigSource` is for those who stay.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slm_lsp.config.source import ConfigSource, load
    from slm_lsp.config.types import Complaint, Resolved

__all__ = ["Complaint", "ConfigSource", "Resolved", "load"]

_HOME = {
    "Complaint": "types",
    "ConfigSource": "source",
    "Resolved": "types",
    "load": "source",
}


def __getattr__(name: str) -> Any:
    # `slm_lsp.settings` imports `config.fields`; what reads files imports `slm_lsp.settings`.
    # Looking names up when they are first used keeps the circle open.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
