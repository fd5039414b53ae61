"""A test's implementation, and an implementation's test: found by their names."""

import re
from collections.abc import Callable, Iterable

from slm_context.tags import Definition
from slm_context.types import Origin, Snippet

TEST = re.compile(
    r"^(?:test_(?P<a>.+)|(?P<b>.+)_tests?|(?P<c>.+)\.(?:test|spec)|(?P<d>.+)(?:Tests?|IT|Spec))$"
)
MAX_LINES = 12


def counterpart_names(stem: str) -> tuple[str, ...]:
    """What the other half of a pair may be called, without folder and extension."""
    match = TEST.match(stem)
    if match:
        return (next(filter(None, match.groups())),)
    return (f"test_{stem}", f"{stem}_test", f"{stem}.test", f"{stem}.spec", f"{stem}Test")


def counterpart_snippets(
    path: str, paths: Iterable[str], outline: Callable[[str], list[Definition]]
) -> list[Snippet]:
    """The signatures of the nearest counterpart: of the implementation for a test only."""
    if not TEST.match(path.rsplit("/", 1)[-1].rsplit(".", 1)[0]):
        # An implementation gains little from its tests, and they are long.
        return []
    extension = path.rsplit(".", 1)[-1]
    same = [one for one in paths if one != path and one.rsplit(".", 1)[-1] == extension]
    if not same:
        return []
    nearest = max(same, key=lambda one: (_common_folders(path, one), one))
    lines = [
        ("    " if one.scope else "") + one.signature
        for one in outline(nearest)
        if one.kind in ("class", "function", "method") and not one.name.startswith("_")
    ]
    if not lines:
        return []
    text = "\n".join(lines[:MAX_LINES]) + "\n"
    return [Snippet(nearest, text, 0, Origin.COUNTERPART, 1.0, "what this file tests")]


def _common_folders(a: str, b: str) -> int:
    return len(set(a.split("/")[:-1]) & set(b.split("/")[:-1]))
