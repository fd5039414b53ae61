"""All retrievers under one deadline, fused into the few snippets that a prompt has room for."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from slm_context.cursor import DocumentContext
from slm_context.imports import Import, stems
from slm_context.index import Found, Index, stem_of
from slm_context.names import IDENTIFIER, KEYWORDS, UsedName, names_near
from slm_context.receiver import SELVES, classes_of, receiver_at
from slm_context.retrievers.counterpart import counterpart_names, counterpart_snippets
from slm_context.retrievers.definitions import Cursor, definition_snippets
from slm_context.retrievers.modules import module_snippet
from slm_context.retrievers.similar import OtherText, jaccard, similar_snippets, words_of
from slm_context.tags import Definition, FileTags, tags_of
from slm_context.types import ContextBundle, Dropped, Origin, Snippet

# Reciprocal-rank fusion (Cormack, Clarke and Büttcher 2009), with a small constant: the first of
# a list counts clearly more than the second.
RANK_CONSTANT = 4
WEIGHTS = {Origin.MEMBER: 1.2, Origin.DEFINITION: 1.0, Origin.COUNTERPART: 0.7, Origin.SIMILAR: 0.6}
# A document of more characters is not parsed while somebody waits.
MAX_PARSED = 200_000
MAX_IMPORTED_TEXTS = 3
# A snippet whose words are mostly on the screen already says nothing new.
ON_SCREEN = 0.8
# No file gets more than this part of the room: few, but more than one. What the thing before the
# dot offers is a list, and what comes next is one of it.
LARGEST_SHARE, MEMBER_SHARE = 0.34, 0.7
# Names that are looked up: those near the cursor, and those frequent in the document.
NEAR_NAMES, FREQUENT_NAMES = 28, 30


@dataclass(frozen=True, slots=True)
class OpenText:
    """An open document other than the one being completed."""

    path: str
    language: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What a prompt has room for, and the time there is."""

    n_snippets: int
    n_chars: int
    deadline_ms: float


class Gatherer:
    """Finds snippets in one repository. `read` gives the text of a file that may be quoted.

    `allows` says whether a file may be quoted now: the index may have been made before its owner
    excluded the file.
    """

    def __init__(
        self,
        index: Index | None,
        read: Callable[[str], str | None],
        clock: Callable[[], float] = time.perf_counter,
        allows: Callable[[str], bool] = lambda path: True,
    ) -> None:
        self._index = index
        self._read = read
        self._allows = allows
        self._clock = clock

    def gather(
        self, document: DocumentContext, open_texts: Sequence[OpenText], limits: Limits
    ) -> ContextBundle:
        """The snippets for a cursor, in prompt order: the most useful one last."""
        started = self._clock()
        lists: list[list[Snippet]] = []
        complete = True
        for retriever in self._retrievers(document, open_texts):
            lists.append([one for one in retriever() if self._allows(one.path)])
            if (self._clock() - started) * 1000 > limits.deadline_ms:
                complete = False
                break
        chosen, dropped = fit(fused(lists), document, limits)
        elapsed_ms = (self._clock() - started) * 1000
        return ContextBundle(chosen, dropped, round(elapsed_ms, 3), complete)

    def _retrievers(
        self, document: DocumentContext, open_texts: Sequence[OpenText]
    ) -> Iterator[Callable[[], list[Snippet]]]:
        """In order of what they are worth, each begun only while there is time."""
        language = document.language
        tags = _tags(document.text, language) if language else FileTags()
        view = _View(self._index, open_texts)
        if language is not None:
            cursor = _cursor(document, language, tags, tags.imports or view.imports(document.path))
            yield lambda: [
                *self._module(document, cursor, view),
                *definition_snippets(cursor, view.definitions, view.outline),
            ]
            yield lambda: counterpart_snippets(
                document.path,
                view.paths(counterpart_names(stem_of(document.path))),
                view.outline,
            )
        yield lambda: similar_snippets(
            document.prefix[-4_000:],
            self._texts(document, tags.imports, view, open_texts),
        )

    def _module(
        self, document: DocumentContext, cursor: Cursor, view: "_View"
    ) -> Iterator[Snippet]:
        """What the module before the dot offers, by itself or by way of what it imports."""
        name = receiver_at(document)
        used = words_of(document.text)
        for one in cursor.imports:
            for here, there in one.names:
                if not name or here != name:
                    continue
                module = f"{one.module}.{there}" if there and there != "*" else one.module
                for path in view.files_of(module, document):
                    offered = view.outline(path)
                    handed_on = [n for i in view.imports(path) for n, _ in i.names if n[0] != "_"]
                    folder = path.rpartition("/")[0]
                    offered += [
                        found.definition
                        for found in view.definitions(handed_on[:150])
                        if found.path.startswith(folder + "/") and self._allows(found.path)
                    ]
                    snippet = module_snippet(path, name, offered, used)
                    if snippet is not None:
                        yield snippet
                        return

    def _texts(
        self,
        document: DocumentContext,
        imports: Sequence[Import],
        view: "_View",
        open_texts: Sequence[OpenText],
    ) -> Iterator[OtherText]:
        """What is open, and the files imported first."""
        seen = {document.path}
        for one in open_texts:
            if one.path not in seen and one.language == document.language:
                seen.add(one.path)
                yield OtherText(one.path, one.text)
        n_read = 0
        for path in view.imported(document, imports):
            if path in seen or n_read >= MAX_IMPORTED_TEXTS:
                continue
            seen.add(path)
            text = self._read(path)
            if text is not None and len(text) <= MAX_PARSED:
                n_read += 1
                yield OtherText(path, text)


class _View:
    """The index as it would be if every open document were saved."""

    def __init__(self, index: Index | None, open_texts: Sequence[OpenText]) -> None:
        self._index = index
        self._open = {one.path: one for one in open_texts if one.language}

    def definitions(self, names: Sequence[str]) -> list[Found]:
        found = self._index.definitions(names) if self._index else []
        found = [one for one in found if one.path not in self._open]
        wanted = set(names)
        for path, one in self._open.items():
            assert one.language is not None
            found += [
                Found(path, one.language, definition)
                for definition in self.outline(path)
                if definition.name in wanted
            ]
        return found

    def outline(self, path: str) -> list[Definition]:
        one = self._open.get(path)
        if one is not None and one.language is not None:
            return list(_tags(one.text, one.language).definitions)
        return self._index.outline(path) if self._index else []

    def imports(self, path: str) -> list[Import]:
        return self._index.imports(path) if self._index else []

    def paths(self, names: Sequence[str]) -> list[str]:
        found = list(self._index.paths(names)) if self._index else []
        return [*found, *(path for path in self._open if stem_of(path) in names)]

    def imported(self, document: DocumentContext, imports: Sequence[Import]) -> Iterator[str]:
        """Files of the repository that the document imports, in order."""
        for one in imports:
            yield from self.files_of(one.module, document)

    def files_of(self, module: str, document: DocumentContext) -> Iterator[str]:
        """The files that a module's name may mean in this document."""
        for ending in stems(document.language or "", module, document.path):
            last = ending.rstrip("/").rsplit("/", 1)[-1]
            for path in self.paths([last]):
                if ("/" + path.rsplit(".", 1)[0]).endswith("/" + ending):
                    yield path


def fused(lists: Sequence[Sequence[Snippet]]) -> list[Snippet]:
    """One list, best first; a file found twice counts twice and is shown as it was found first."""
    scores: dict[str, float] = {}
    first: dict[str, Snippet] = {}
    for snippets in lists:
        for rank, snippet in enumerate(snippets):
            weight = WEIGHTS.get(snippet.origin, 0.5)
            gained = weight / (RANK_CONSTANT + rank)
            scores[snippet.path] = scores.get(snippet.path, 0.0) + gained
            first.setdefault(snippet.path, snippet)
    ranked = sorted(first.values(), key=lambda one: (-scores[one.path], one.path))
    return [replace(one, score=round(scores[one.path], 4)) for one in ranked]


def fit(
    ranked: Sequence[Snippet], document: DocumentContext, limits: Limits
) -> tuple[tuple[Snippet, ...], tuple[Dropped, ...]]:
    """What fits, in prompt order, and what does not, with the reason."""
    screen = words_of(document.prefix[-3_000:] + document.suffix[:1_000])
    chosen: list[Snippet] = []
    dropped: list[Dropped] = []
    left = limits.n_chars
    for snippet in ranked:
        words = words_of(snippet.text)
        if len(chosen) >= limits.n_snippets:
            dropped.append(Dropped(snippet, "there is room for no more snippets"))
        elif snippet.origin is Origin.SIMILAR and len(words & screen) > ON_SCREEN * len(words):
            dropped.append(Dropped(snippet, "its words are on the screen already"))
        elif any(jaccard(words, words_of(one.text)) > 0.9 for one in chosen):
            dropped.append(Dropped(snippet, "another snippet says the same"))
        else:
            share = MEMBER_SHARE if snippet.origin is Origin.MEMBER else LARGEST_SHARE
            room = min(left - len(snippet.path), int(limits.n_chars * share))
            text = _cut(snippet.text, room)
            if text:
                chosen.append(replace(snippet, text=text))
                left -= len(text) + len(snippet.path)
            else:
                dropped.append(Dropped(snippet, "there is no room for it"))
    # A fixed order: the same snippets with other scores must not be evaluated anew.
    best = chosen[:1]
    rest = sorted(chosen[1:], key=lambda one: (one.path, one.start_line))
    return (*rest, *best), tuple(dropped[:20])


def _cut(text: str, n_chars: int) -> str:
    """The first whole lines of `text` that fit."""
    if len(text) <= n_chars:
        return text
    end = text.rfind("\n", 0, max(0, n_chars)) + 1
    return text[:end]


def _cursor(
    document: DocumentContext, language: str, tags: FileTags, imports: Sequence[Import]
) -> Cursor:
    header = _class_header(document, tags)
    receiver = receiver_at(document)
    if receiver in SELVES:
        # Its own members are in this file; those of its bases are not.
        receivers = [one for one in re.findall(r"[A-Z]\w+", header)[1:]]
    else:
        receivers = classes_of(receiver, document.prefix[-6_000:])
    words = Counter(IDENTIFIER.findall(document.text))
    named = (here for one in imports for here, _ in one.names)
    unused = frozenset(here for here in named if words[here] <= 1)
    return Cursor(
        document.path,
        language,
        _with_frequent(names_near(document, header), words),
        imports,
        tuple(receivers),
        unused,
    )


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
    line = document.text.count("\n", 0, document.offset)
    around = [
        one
        for one in tags.definitions
        if one.kind == "class" and one.start_line <= line <= one.end_line
    ]
    return around[-1].signature.split("{")[0] if around else ""


@lru_cache(maxsize=64)
def _tags(text: str, language: str) -> FileTags:
    if len(text) > MAX_PARSED:
        return FileTags()
    return tags_of(text.encode("utf-8", "replace"), language)
