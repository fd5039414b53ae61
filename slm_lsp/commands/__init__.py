"""The subcommands of `slm-lsp`, one module each; the table is in `slm_lsp.cli`."""
