"""Gitignore patterns, read so that no pattern is an error and none is slow.

pathspec makes a regular expression of each pattern, in which every `*` and `**` tries all lengths
for all lengths of the others: a pattern of eight stars takes minutes for one long name, and no
other thread runs meanwhile. Where a star is followed by another one, the first place that fits is
as good as any later one (`fnmatch` of the standard library builds on that, too), so no other is
tried.

One difference is left: `[!a]` also matches a slash in pathspec, but never in git. Between two stars
it may now do what git does.
"""

import re
from functools import lru_cache

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

# What pathspec writes for `*`, for `**/` at the start, and for `/**` within. No slash of a pattern
# gets into an expression but as the end of a segment.
STAR, START, WITHIN = "[^/]*", "^(?:.+/)?", "(?:/.+)?"
SEGMENT = re.compile(r"(?<!\[\^)/")


@lru_cache(maxsize=256)
def compiled(lines: tuple[str, ...]) -> GitIgnoreSpec:
    """The patterns of an ignore file or a setting; as in git, what cannot be read says nothing."""
    patterns = [pattern for line in lines if (pattern := _pattern(line)) is not None]
    # The others that pathspec may find installed do not know our expressions.
    return GitIgnoreSpec(patterns, backend="simple")


def wrong_with(line: str) -> str | None:
    """What a person should be told about a pattern that would silently match nothing."""
    pattern = _pattern(line)
    nothing = pattern is None or (pattern.include is None and "[" in line and line[0] != "#")
    if not nothing:
        return None
    return "is no gitignore pattern; look at its brackets, and for a backslash at its end"


def _pattern(line: str) -> GitIgnoreSpecPattern | None:
    try:
        return _Pattern(line)
    except (ValueError, re.error):
        return None


class _Pattern(GitIgnoreSpecPattern):
    __slots__ = ()

    @classmethod
    def pattern_to_regex(cls, pattern: str) -> tuple[str | None, bool | None]:  # type: ignore[override]
        regex, include = super().pattern_to_regex(pattern)
        return None if regex is None else _without_retries(regex), include


def _without_retries(regex: str) -> str:
    """An expression that matches the same, in time that grows with the name's length only."""
    groups = ["/".join(map(_segment, SEGMENT.split(part))) for part in regex.split(WITHIN)]
    if len(groups) == 1:
        return groups[0]
    first, *inner, last = groups
    if first.startswith(START):
        first = f"^(?>(?:.+?/)??{first.removeprefix(START)}(?=/))"
    inner = [f"(?>(?:/.+?)??{group}(?=/))" for group in inner]
    return "".join((first, *inner, WITHIN, last))


def _segment(regex: str) -> str:
    first, *rest = regex.split(STAR)
    if not rest:
        return first
    *inner, last = rest
    return first + "".join(f"(?>[^/]*?{part})" for part in inner if part) + STAR + last
