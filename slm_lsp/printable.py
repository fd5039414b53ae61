"""Text of a file, an editor or another program, made fit to stand in a sentence of ours."""


def clip(text: str, limit: int = 60) -> str:
    """At most `limit` characters on one line, all of them printable."""
    clean = "".join(c if c.isprintable() else "�" for c in text[: limit + 1])
    return clean if len(clean) <= limit else f"{clean[:limit]}…"
