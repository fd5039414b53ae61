"""The inference process gives up the network before it opens the model or sees any source."""

from slm_lsp.sandbox import demand, enter_worker_sandbox

__all__ = ["demand", "enter_worker_sandbox"]
