"""What each variant of `benchmarks.context` tells the model of a repository."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from slm_context.cursor import DocumentContext
from slm_context.expected import ExpectedName
from slm_context.gather import Gatherer, Limits
from slm_context.retrievers.similar import OtherText, similar_snippets
from slm_context.types import ContextBundle, Origin, Snippet

from benchmarks.cross_file import Case
from slm_lsp.completion.asking import Expect

Gather = Callable[[DocumentContext], Awaitable[ContextBundle]]
Told = tuple[Gather, Expect | None]
# Those with the same prompt one after the other: it is evaluated once.
VARIANTS = ("none", "names", "random", "jaccard", "snippets", "ours", "oracle")


def told(variant: str, case: Case, root: "Repository") -> Told:
    """The snippets, and the names that may come, of one variant."""
    match variant:
        case "random":
            return root.random, None
        case "jaccard":
            return root.jaccard, None
        case "snippets":
            return root.snippets, None
        case "names":
            return none(), root.names
        case "ours":
            return root.snippets, root.names
        case "oracle":
            return oracle(case), None
        case _:
            return none(), None


class Repository:
    """What is told of one repository, whatever the case."""

    def __init__(self, root: Path, gatherer: Gatherer, paths: list[str], limits: Limits) -> None:
        self.random = at_random(root, paths, limits)
        self.jaccard = nearest_windows(root, paths, limits)
        self.snippets = ours(gatherer, limits)
        self.names = names(gatherer)


def ours(gatherer: Gatherer, limits: Limits) -> Gather:
    async def gather(document: DocumentContext) -> ContextBundle:
        return gatherer.gather(document, (), limits)

    return gather


def oracle(case: Case) -> Gather:
    found = case.definitions[0]
    text = found.definition.signature + "\n"
    snippet = Snippet(found.path, text, found.definition.start_line, Origin.DEFINITION, 1.0)

    async def gather(document: DocumentContext) -> ContextBundle:
        return ContextBundle((snippet,))

    return gather


def names(gatherer: Gatherer) -> Expect:
    async def expect(document: DocumentContext) -> Sequence[ExpectedName]:
        return gatherer.expected(document, ())

    return expect


def none() -> Gather:
    async def gather(document: DocumentContext) -> ContextBundle:
        return ContextBundle()

    return gather


def at_random(root: Path, paths: list[str], limits: Limits) -> Gather:
    async def gather(document: DocumentContext) -> ContextBundle:
        # The same for a case whenever it is asked.
        rng = random.Random(f"{root.name}/{document.path}:{document.offset}")
        chosen: list[Snippet] = []
        for path in rng.sample(paths, min(limits.n_snippets, len(paths))):
            lines = (root / path).read_text("utf-8", "replace").split("\n")
            start = rng.randrange(max(1, len(lines) - 14))
            text = "\n".join(lines[start : start + 14])[: limits.n_chars // limits.n_snippets]
            chosen.append(Snippet(path, text + "\n", start, Origin.SIMILAR, 0.0))
        return ContextBundle(tuple(chosen))

    return gather


def nearest_windows(root: Path, paths: list[str], limits: Limits) -> Gather:
    async def gather(document: DocumentContext) -> ContextBundle:
        folder = document.path.rpartition("/")[0]
        near = sorted(
            (one for one in paths if one != document.path),
            key=lambda one: (one.rpartition("/")[0] != folder, one),
        )[:4]
        texts = [OtherText(one, (root / one).read_text("utf-8", "replace")) for one in near]
        found = similar_snippets(document.prefix[-4_000:], texts, limits.n_snippets)
        room = limits.n_chars // limits.n_snippets
        return ContextBundle(tuple(replace(one, text=one.text[:room]) for one in found))

    return gather
