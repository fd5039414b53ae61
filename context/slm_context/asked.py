"""What is known of the cursor and its document before anything is looked for."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from slm_context.cursor import DocumentContext
from slm_context.index import Found
from slm_context.modules import Modules
from slm_context.names import KEYWORDS, UsedName, names_near
from slm_context.own_names import spelled_out
from slm_context.reported import ReportedName
from slm_context.resolve import Resolver, classes_around
from slm_context.retrievers.told import Cursor
from slm_context.standing import Standing
from slm_context.tags import FileTags
from slm_context.usage import Usage
from slm_context.view import MAX_PARSED, View

# Names that are looked up: those near the cursor, and those frequent in the document.
NEAR_NAMES, FREQUENT_NAMES = 28, 30


@dataclass(frozen=True, slots=True)
class Asked:
    """One cursor, and what answers questions about the names around it."""

    document: DocumentContext
    tags: FileTags  # of the document
    cursor: Cursor
    modules: Modules
    resolver: Resolver
    usage: Usage


def asked_at(
    document: DocumentContext,
    language: str,
    standing: Standing,
    view: View,
    usage: Usage,
    manifest: Callable[[str], str],
    reported: Mapping[str, ReportedName] | None = None,
) -> Asked:
    """`manifest` gives the text of a build file."""
    tags, words = standing.tags, standing.words
    if len(document.text) > MAX_PARSED:
        tags = view.saved(document.path)
    imports = spelled_out(
        tags.imports or view.imports(document.path), language, document.path, manifest
    )
    modules = Modules(document, language, imports, view, manifest)

    def definitions(names: Sequence[str]) -> list[Found]:
        return [found for name in names for found in modules.meant(name, view.definitions([name]))]

    resolver = Resolver(
        document,
        language,
        tags,
        definitions,
        view.outline,
        lambda name: modules.is_module(name) or (language == "rust" and modules.is_own([name])),
        lambda name: bool(view.methods_apart(name)),
        lambda: usage.texts,
    )
    receivers = resolver.at_cursor()
    named = (here for one in imports for here, _ in one.names)
    cursor = Cursor(
        document.path,
        language,
        _with_frequent(names_near(document, _class_header(document, tags)), words),
        imports,
        tuple(receivers),
        resolver.homes,
        frozenset(here for here in named if words[here] <= 1),
        usage,
        reported or {},
        modules.is_own if language == "rust" else lambda names: False,
    )
    return Asked(document, tags, cursor, modules, resolver, usage)


def _with_frequent(near: list[UsedName], words: Counter[str]) -> list[UsedName]:
    """And the names that the rest of the document uses again and again: they come again."""
    known = {one.name for one in near[:NEAR_NAMES]}
    frequent = [
        UsedName(name, min(0.3, 0.06 * count), "", called=True)
        for name, count in words.most_common(120)
        if count > 1 and name not in known and name not in KEYWORDS
    ]
    return [*near[:NEAR_NAMES], *frequent[:FREQUENT_NAMES]]


def _class_header(document: DocumentContext, tags: FileTags) -> str:
    """The first line of the class that the cursor stands in: its bases are used here, too."""
    around = classes_around(document, tags)
    return around[-1].signature.split("{")[0] if around else ""
