"""What a signature says of what a call gives, or of what a field holds."""

from slm_context.tags import Definition


def result_of(one: Definition, language: str) -> str:
    """The words of a signature that say what a call gives, or what a field holds."""
    before, name, after = one.signature.partition(one.name)
    if language == "go" and one.apart:
        before, name, after = one.signature.partition(f" {one.name}(")
        after = "(" + after
    if not name:
        return ""
    if language in ("java", "csharp", "c", "cpp"):
        return before
    if after.lstrip().startswith(("(", "<")):
        arrow = after.rfind("->")
        if language in ("rust", "python", "swift"):
            return after[arrow + 2 :] if arrow >= 0 else ""
        return after[_closed(after) :]
    return after


def _closed(text: str) -> int:
    """After the bracket that closes the first one."""
    depth = 0
    for place, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return place + 1
    return len(text)
