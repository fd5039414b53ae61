"""The completion pipeline: no LSP, no llama.cpp, no disk."""
