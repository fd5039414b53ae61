"""One file per LSP method or family: convert, call, convert."""
