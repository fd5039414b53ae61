"""The inference process gives up the network before it opens the model or sees any source."""

from slm_lsp.sandbox import enter_worker_sandbox

__all__ = ["enter_worker_sandbox"]
