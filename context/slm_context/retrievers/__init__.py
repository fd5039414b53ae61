"""Where snippets come from: each module one source, ranked best first, pure."""
