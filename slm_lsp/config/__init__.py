"""Settings files: `slm-lsp.toml`, `[tool.slm-lsp]`, the user's own, and what the editor sends.

`source.load(root, editor_options)` reads once; `source.ConfigSource` is for those who stay.
"""
