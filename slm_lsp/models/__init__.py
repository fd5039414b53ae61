"""Model files: the store, pins, pulling, checking. The bundled model lies in `bundled/`."""

from slm_lsp.models.manifest import bundled_model
from slm_lsp.models.resolve import resolve_model
from slm_lsp.models.types import ModelFile

__all__ = ["ModelFile", "bundled_model", "resolve_model"]
