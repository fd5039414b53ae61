"""The spaces around a token that is put into a text."""


def spaced(text: str, gap: int, token: str) -> str:
    """`token` with the spaces that this kind of token usually stands in."""
    before, after = text[gap - 1 : gap], text[gap : gap + 1]
    is_word = token[0].isalnum() or token[0] in "_$"
    if is_word:
        left = " " if before and (before.isalnum() or before in "_,;:=<>+-*/%&|?{)]}") else ""
        right = " " if after and (after.isalnum() or after in "_{$\"'") else ""
        return f"{left}{token}{right}"
    if token == "," and after not in ("", " ", "\n", "\r"):
        return ", "
    if token in ")]}([{,.;\"'`:!?&#@$\\" or token in ("::", "?.", "...", ".."):
        return token
    right = "" if after.isspace() or not after else " "
    return f" {token}{right}" if before.strip() else f"{token}{right}"
