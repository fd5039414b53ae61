"""All retrievers under one deadline, fused into the few snippets that a prompt has room for."""

import time
from collections.abc import Callable, Iterator, Sequence
from math import inf

from slm_context.asked import Asked, asked_at
from slm_context.cursor import DocumentContext
from slm_context.deadline import MAX_KNOWN_CHARS, MAX_LOOKED_AT, Deadline, Read, Texts
from slm_context.entries import stem_of
from slm_context.expected import ExpectedName, followers, members, missing, weighted
from slm_context.fuse import Limits, fit, fused
from slm_context.imports import Import
from slm_context.index import Index
from slm_context.languages import line_comment, written_alike
from slm_context.names import all_names
from slm_context.receiver import Step, steps_at
from slm_context.remembered import Remembered
from slm_context.reported import Reported, names_around
from slm_context.retrievers.counterpart import counterpart_names, counterpart_snippets
from slm_context.retrievers.definitions import definition_snippets
from slm_context.retrievers.edits import Changed, edit_snippets
from slm_context.retrievers.modules import module_snippet, offered, package_snippet
from slm_context.retrievers.similar import OtherText, similar_snippets, windows
from slm_context.standing import StandingTexts
from slm_context.types import ContextBundle, Origin, Snippet
from slm_context.usage import MAX_CHARS, Usage
from slm_context.view import OpenText, View

__all__ = ["Gatherer", "Limits", "OpenText"]

MAX_IMPORTED_TEXTS = 3
# Of build files that are kept.
MAX_MANIFEST_CHARS = 2_000_000
# Of one: nobody writes a longer one.
MAX_MANIFEST = 65_536
# Where the files of one folder see each other without an import.
PACKAGES = frozenset({"go", "java"})


class Gatherer:
    """Finds snippets in one repository. `read` gives the text of a file that may be quoted.

    `allows` says whether a file may be quoted now: the index may have been made before its owner
    excluded the file.
    """

    def __init__(
        self,
        index: Index | None,
        read: Read,
        clock: Callable[[], float] = time.perf_counter,
        allows: Callable[[str], bool] = lambda path: True,
    ) -> None:
        self._index = index
        self._read = read
        self._allows = allows
        self._clock = clock
        self._looked_at: Remembered[str, int] = Remembered(MAX_KNOWN_CHARS)
        self._manifests: Remembered[str, str] = Remembered(MAX_MANIFEST_CHARS)
        self._standing = StandingTexts()
        self._owed: dict[str, str | None] = {}

    def defined(self, names: Sequence[str]) -> frozenset[str]:
        """Those of the names that some indexed file defines."""
        if self._index is None:
            return frozenset()
        self._index.renew()
        return frozenset(found.definition.name for found in self._index.definitions(names, 1))

    def gather(
        self,
        document: DocumentContext,
        open_texts: Sequence[OpenText],
        limits: Limits,
        reported: Sequence[Reported] = (),
    ) -> ContextBundle:
        """The snippets for a cursor, in prompt order: the most useful one last."""
        deadline = Deadline(self._clock, limits.deadline_ms)
        lists: list[list[Snippet]] = []
        complete = True
        view = View(self._index, open_texts, document.language)
        texts = Texts(self._read, view.size, deadline, self._looked_at)
        usage = Usage(document, self._standing.of(document).words, view, texts.of)
        for retriever in self._retrievers(document, open_texts, reported, view, usage, texts):
            lists.append([one for one in retriever() if self._may_show(one)])
            if deadline.is_over:
                complete = False
                break
        chosen, dropped = fit(fused(lists), document, limits)
        beside = tuple(usage.texts)
        self._owed = texts.owed
        return ContextBundle(chosen, dropped, round(deadline.elapsed_ms, 3), complete, beside)

    def catch_up(self) -> bool:
        """Look at one text that the last question had no time for; whether another is left.

        However long it is, and however slow the machine: at the next question it costs nothing.
        """
        if not self._owed:
            return False
        path, text = self._owed.popitem()
        n_bytes = self._index.size(path) if text is None and self._index else len(text or "")
        text = self._read(path) if text is None else text
        if text is not None:
            all_names(text[:MAX_CHARS])
            windows(text[:MAX_LOOKED_AT])
        self._looked_at.put(path, n_bytes, n_bytes)
        return bool(self._owed)

    def expected(
        self,
        document: DocumentContext,
        open_texts: Sequence[OpenText],
        reported: Sequence[Reported] = (),
        deadline_ms: float = inf,
    ) -> tuple[ExpectedName, ...]:
        """The names that may come at the cursor; () where nothing tells."""
        steps, language = steps_at(document), document.language
        if language is None:
            return ()
        view = View(self._index, open_texts, document.language)
        deadline = Deadline(self._clock, deadline_ms)
        texts = Texts(self._read, view.size, deadline, self._looked_at)
        if not steps:
            usage = Usage(document, {}, view, texts.of)
            found = followers(document, lambda names: usage.beside | usage.using(names))
            return missing(document, names_around(document, reported), found)
        standing = self._standing.of(document)
        usage = Usage(document, standing.words, view, texts.of)
        asked = asked_at(document, language, standing, view, usage, self._manifest)
        of, resolver = asked.cursor.receivers, asked.resolver
        found = list(members(document, asked.tags, steps, of, resolver, view, self._allows))
        if not found:
            found = [one.name for one in offered(asked, steps, view, self._allows)[1]]
        others = usage.texts
        if not found:  # who uses the same name, may ask the same of it
            others += usage.using([steps[-1].name]).values()
        return weighted(found, document, standing.members, steps[-1], others, view.n_users)

    def _may_show(self, snippet: Snippet) -> bool:
        # A package's own files were asked about one by one.
        return snippet.origin is Origin.PACKAGE or self._allows(snippet.path)

    def _retrievers(
        self,
        document: DocumentContext,
        open_texts: Sequence[OpenText],
        reported: Sequence[Reported],
        view: View,
        usage: Usage,
        texts: Texts,
    ) -> Iterator[Callable[[], list[Snippet]]]:
        """In order of what they are worth, each begun only while there is time."""
        language = document.language
        standing = self._standing.of(document)
        imports: Sequence[Import] = ()
        if language is not None:
            names = names_around(document, reported)
            asked = asked_at(document, language, standing, view, usage, self._manifest, names)
            imports = asked.cursor.imports
            yield lambda: self._definitions(asked, view)
            yield lambda: counterpart_snippets(
                document.path,
                view.paths(counterpart_names(stem_of(document.path).rpartition("/")[2])),
                view.outline,
            )
        yield lambda: edit_snippets(
            document.prefix[-2_000:] + document.suffix[:1_000],
            [
                Changed(one.path, one.before, one.text)
                for one in open_texts
                if one.before is not None and one.path != document.path
            ],
        )
        yield lambda: similar_snippets(
            document.prefix[-4_000:],
            self._texts(document, imports, view, open_texts, texts),
        )

    def _manifest(self, path: str) -> str:
        """A build file, read once: without it, import paths mean nothing."""
        text = self._manifests.get(path)
        if text is None:
            text = (self._read(path) or "")[:MAX_MANIFEST]
            self._manifests.put(path, text, len(text))
        return text

    def _definitions(self, asked: Asked, view: View) -> list[Snippet]:
        cursor = asked.cursor
        steps = steps_at(asked.document)
        found = definition_snippets(cursor, view.definitions, view.outline, view.methods_apart)
        if steps:
            return [*self._module(asked, steps, view), *found] if not cursor.receivers else found
        if cursor.language not in PACKAGES:
            return found
        beside = view.beside(cursor.path)
        package = package_snippet(
            cursor.path,
            asked.document.line_prefix,
            [one for one in beside if one.path != cursor.path and self._allows(one.path)],
            cursor.usage,
            line_comment(cursor.language),
        )
        return [*found[:1], package, *found[1:]] if package else found

    def _module(self, asked: Asked, steps: Sequence[Step], view: View) -> list[Snippet]:
        """What the module before the dot offers, as a list."""
        cursor = asked.cursor
        path, found = offered(asked, steps, view, self._allows)
        name, comment = steps[-1].name, line_comment(cursor.language)
        snippet = module_snippet(path, name, found, cursor.usage, comment) if found else None
        return [snippet] if snippet is not None else []

    def _texts(
        self,
        document: DocumentContext,
        imports: Sequence[Import],
        view: View,
        open_texts: Sequence[OpenText],
        texts: Texts,
    ) -> Iterator[OtherText]:
        """What is open, and the files imported first, while there is time to look at them."""
        seen = {document.path}
        languages = written_alike(document.language) if document.language else (None,)
        for one in open_texts:
            alike = one.path not in seen and one.language in languages
            if alike and texts.may_use(one.path, one.text):
                seen.add(one.path)
                yield OtherText(one.path, one.text[:MAX_LOOKED_AT])
        n_read = 0
        for path in view.imported(document, imports):
            text = texts.of(path) if path not in seen else None
            seen.add(path)
            if text is not None:
                n_read += 1
                yield OtherText(path, text[:MAX_LOOKED_AT])
            if n_read >= MAX_IMPORTED_TEXTS:
                return
