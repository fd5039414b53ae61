"""Text whose brackets do not count in C-like languages: directives, and branches not taken."""

import re

DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w+)(?:\\\r?\n|[^\n])*\n?", re.M)


def preprocessor_ranges(text: str) -> list[tuple[int, int]]:
    """The directives with their continuation lines, and all branches of an #if but the first."""
    found: list[tuple[int, int]] = []
    # For each open #if: where its first branch ended, None while that branch goes on.
    open_ifs: list[int | None] = []
    for match in DIRECTIVE.finditer(text):
        found.append(match.span())
        name = match.group(1)
        if name in ("if", "ifdef", "ifndef"):
            open_ifs.append(None)
        elif name in ("else", "elif", "elifdef", "elifndef") and open_ifs:
            if open_ifs[-1] is None:
                open_ifs[-1] = match.start()
        elif name == "endif" and open_ifs:
            start = open_ifs.pop()
            if start is not None:
                found.append((start, match.end()))
    return sorted(found)
