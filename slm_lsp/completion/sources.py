"""What judges a suggestion: the file's tree, and the texts in which a name counts as known."""

from collections.abc import Awaitable, Callable, Sequence

from slm_context.cursor import DocumentContext
from slm_context.syntax import SyntaxTree, parse

from slm_lsp.completion.asking import Answer, Asker, Question
from slm_lsp.completion.names import unknown_names, word_before
from slm_lsp.completion.postprocess import Surroundings

# Which of these names the repository defines somewhere.
Defined = Callable[[Sequence[str]], Awaitable[frozenset[str]]]


class Sources:
    """Keeps for each open document its last tree, and the names that were found elsewhere."""

    def __init__(self, asker: Asker, defined: Defined | None) -> None:
        self._asker = asker
        self._defined = defined
        self._trees: dict[str, SyntaxTree] = {}
        self._elsewhere: dict[str, set[str]] = {}

    def around(self, uri: str, document: DocumentContext, question: Question) -> Surroundings:
        tree = None
        if document.language is not None:
            tree = parse(document.text, document.language, self._trees.get(uri))
        if tree is not None:
            self._trees[uri] = tree
        return Surroundings(document, question.mode, question.template, tree)

    def seen(self, uri: str, document: DocumentContext) -> tuple[str, ...]:
        """The file, the prompt's snippets, and what was found in the repository's index."""
        snippets = (one.text for one in self._asker.bundle(uri).snippets)
        return document.text, *snippets, " ".join(self._elsewhere.get(uri, ()))

    async def look_up(self, uri: str, document: DocumentContext, answer: Answer) -> None:
        """Find those names of the answer that the repository defines in other files."""
        if self._defined is None:
            return
        written = "\n".join(answer.text(n) for n in range(len(answer.candidates)))
        begun = word_before(document.line_prefix)
        names = unknown_names(begun + written, document.language, self.seen(uri, document))
        if names:
            self._elsewhere.setdefault(uri, set()).update(await self._defined(names))

    def forget(self, uri: str) -> None:
        self._trees.pop(uri, None)
        self._elsewhere.pop(uri, None)
