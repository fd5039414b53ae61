"""What a module offers when the cursor stands behind its name and a dot, and what a package does.

A list of names, the likeliest first: those that this file and the ones beside it use. A small
model picks the right one of a list far more often than it invents it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from slm_context.asked import Asked
from slm_context.index import Found
from slm_context.receiver import Step
from slm_context.retrievers.told import MEMBER_CHARS, named, shortened
from slm_context.tags import Definition
from slm_context.types import Origin, Snippet
from slm_context.view import View

# Modules that hand on all of another one: so many others are looked at.
MAX_WHOLLY = 8
MAX_SIGNED, MAX_NAMED = 6, 100
SCORE = 4.0
KINDS = ("class", "type", "function", "constant")
# Where a type comes next: after a star, a bracket, `var x`, or within a signature.
TYPE_COMES = re.compile(
    r"(?:[*\]:<]|\bvar \w+ |\bnew |\bextends |\bimplements |^func .*[\w)] )\s*\w*$"
)
TEST_FILE = re.compile(r"_test\.go$")


def module_snippet(
    path: str, name: str, offered: Sequence[Definition], usage: Mapping[str, float], comment: str
) -> Snippet | None:
    """The names of a module, those first that are used around here, the private ones last."""
    top = [one for one in offered if not one.scope and one.kind in KINDS]
    top = list({one.name: one for one in reversed(top)}.values())  # overloads once
    if not top:
        return None
    ranked = sorted(
        top,
        key=lambda one: (
            -usage.get(one.name, 0),
            one.name[0] == "_",
            one.kind == "constant",
            one.start_line,
        ),
    )
    lines = _listed(ranked, comment)
    reason = f"the cursor stands behind the module {name}"
    return Snippet(path, "\n".join(lines) + "\n", 0, Origin.MEMBER, SCORE, reason)


def offered(
    asked: Asked, steps: Sequence[Step], view: View, allows: Callable[[str], bool]
) -> tuple[str, list[Definition]]:
    """What the module before the dot offers, by itself or by way of what it imports."""
    language = asked.cursor.language
    for module in asked.modules.named(steps):
        found: list[Definition] = []
        paths = [path for path in asked.modules.files(module) if allows(path)]
        # A package of Go is a folder; elsewhere a module is the first file that fits.
        for path in paths if language == "go" else paths[:1]:
            found += [one for one in view.outline(path) if not one.scope]
            names = (here for one in view.imports(path) for here, _ in one.names)
            handed_on = [here for here in names if here and here[0] not in "_*"]
            wholly = [i.module for i in view.imports(path) if ("*", "*") in i.names]
            for other in wholly[:MAX_WHOLLY]:
                for inner in islice(filter(allows, view.files_of(other, language, path)), 1):
                    found += [one for one in view.outline(inner) if not one.scope]
            folder = path[: path.rfind("/") + 1]
            found += [
                one.definition
                for one in (view.definitions(handed_on[:150]) if handed_on else [])
                if (one.path.startswith(folder) or language == "rust") and allows(one.path)
            ]
        if found:
            return paths[0], found
    return "", []


def package_snippet(
    path: str, before: str, found: Sequence[Found], usage: Mapping[str, float], comment: str
) -> Snippet | None:
    """What the files beside `path` define, which it sees without an import.

    `before` is the cursor's line: it tells whether a type comes next.
    """
    extension = path.rpartition(".")[2]
    wanted = [
        one
        for one in found
        if one.definition.kind in KINDS and one.path.rpartition(".")[2] == extension
    ]
    # What only tests have, no other file sees.
    if not TEST_FILE.search(path):
        wanted = [one for one in wanted if not TEST_FILE.search(one.path)]
    wanted = list({one.definition.name: one for one in reversed(wanted)}.values())
    if not wanted:
        return None
    types_first = TYPE_COMES.search(before) is not None

    def rank(one: Found) -> tuple[bool, float, bool, str, int]:
        is_type = one.definition.kind in ("class", "type")
        used = usage.get(one.definition.name, 0)
        in_test = TEST_FILE.search(one.path) is not None
        return types_first and not is_type, -used, in_test, one.path, one.definition.start_line

    ranked = sorted(wanted, key=rank)
    folder = path.rpartition("/")[0]
    shown = f"{folder}/*.{extension}" if folder else f"*.{extension}"
    text = "\n".join(_listed([one.definition for one in ranked], comment)) + "\n"
    return Snippet(shown, text, 0, Origin.PACKAGE, 1.0, "of the same package")


def _listed(ranked: Sequence[Definition], comment: str) -> list[str]:
    lines = [shortened(one, MEMBER_CHARS) for one in ranked[:MAX_SIGNED]]
    return lines + named([one.name for one in ranked[MAX_SIGNED:MAX_NAMED]], f"{comment} also: ")
