"""What judges a suggestion, or makes one: a file's tree, its words, and names known elsewhere."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from slm_context.cursor import DocumentContext
from slm_context.remembered import Remembered
from slm_context.syntax import SyntaxTree
from slm_context.trees import tree_of

from slm_lsp.completion.asking import Answer, Question
from slm_lsp.completion.copying import Copied, Copier
from slm_lsp.completion.counting import Echo
from slm_lsp.completion.names import unknown_names, word_before
from slm_lsp.completion.postprocess import InsertionPoint
from slm_lsp.completion.settled import SettledContexts

# Which of these names the repository defines somewhere.
Defined = Callable[[Sequence[str]], Awaitable[frozenset[str]]]
# Names of other files that count as known in one document.
MAX_ELSEWHERE = 500
# Characters of documents whose words are counted: a few files that are worked on.
MAX_COUNTED = 300_000


@dataclass(frozen=True, slots=True)
class Witness:
    """What a suggestion at one place is judged by."""

    seen: tuple[str, ...]  # texts: a name that stands in none of them is unknown
    echo: Callable[[str], tuple[Echo, Echo]]  # how this file and others go on, next to a line


class Sources:
    """Keeps for each open document its counts, and names that were found elsewhere, the newest."""

    def __init__(self, contexts: SettledContexts, defined: Defined | None) -> None:
        self._contexts = contexts
        self._defined = defined
        self._elsewhere: dict[str, dict[str, None]] = {}
        self._copiers = Remembered[str, Copier](MAX_COUNTED)
        # The tree that was parsed last; typing in a string goes on from it.
        self._tree: tuple[str, SyntaxTree] | None = None
        # Of the newest question: several suggestions are made and judged in one place.
        self._around: InsertionPoint | None = None
        self._copied: tuple[DocumentContext, tuple[str, ...], Copied | None] | None = None

    def around(self, document: DocumentContext, question: Question) -> InsertionPoint:
        last = self._around
        if (
            last is not None
            and last.document is document
            and (last.mode, last.template) == (question.mode, question.template)
        ):
            return last
        tree = self.tree(document)
        self._around = InsertionPoint(document, question.mode, question.template, tree)
        return self._around

    def tree(self, document: DocumentContext) -> SyntaxTree | None:
        """The document, parsed; None where there is no grammar."""
        language = document.language
        if language is None:
            return None
        known = self._tree
        if known is not None and (known[0], known[1].language) == (document.path, language):
            tree = known[1].with_prose(document.text)
            if tree is not None:
                return tree
        tree = tree_of(document.text, language, document.path)
        self._tree = (document.path, tree) if tree is not None else None
        return tree

    def copied(self, uri: str, document: DocumentContext) -> Copied | None:
        """How the line goes on, by what was written before in this file and in others."""
        texts = self._others(uri)
        last = self._copied
        if last is not None and last[0] is document and last[1] == texts:
            return last[2]
        copied = self._copier(uri, document).suggest(document)
        self._copied = document, texts, copied
        return copied

    def witness(self, uri: str, document: DocumentContext) -> Witness:
        copier = self._copier(uri, document)
        return Witness(self._seen(uri, document), partial(copier.echo, document))

    def _seen(self, uri: str, document: DocumentContext) -> tuple[str, ...]:
        """The file, pieces of others and its neighbours, and what the repository's index has."""
        return document.text, *self._others(uri), " ".join(self._elsewhere.get(uri, ()))

    def _copier(self, uri: str, document: DocumentContext) -> Copier:
        copier = self._copiers.get(uri)
        if copier is None:
            copier = Copier()
            self._copiers.put(uri, copier, min(len(document.text), MAX_COUNTED))
        copier.look_also_in(self._others(uri))
        return copier

    def _others(self, uri: str) -> tuple[str, ...]:
        bundle = self._contexts.bundle(uri)
        return *(one.text for one in bundle.snippets), *bundle.beside

    async def look_up(self, uri: str, document: DocumentContext, answer: Answer) -> None:
        """Find those names of the answer that the repository defines in other files."""
        if self._defined is None:
            return
        written = "\n".join(answer.text(n) for n in range(len(answer.candidates)))
        begun = word_before(document.line_prefix)
        names = unknown_names(begun + written, document.language, self._seen(uri, document))
        if names:
            found = await self._defined(names)
            known = self._elsewhere.setdefault(uri, {})
            known.update(dict.fromkeys(sorted(found)))
            for oldest in list(known)[:-MAX_ELSEWHERE]:
                del known[oldest]

    def forget(self, uri: str) -> None:
        self._tree = self._around = self._copied = None
        self._elsewhere.pop(uri, None)
        self._copiers.forget(uri)
