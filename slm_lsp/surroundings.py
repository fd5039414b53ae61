"""What a question may use besides its own document: other open ones, and what servers report."""

from collections.abc import Callable, Sequence

from slm_context.cursor import DocumentContext
from slm_context.expected import ExpectedName
from slm_context.gather import OpenText
from slm_context.reported import Reported
from slm_context.types import ContextBundle

from slm_lsp.documents import Document, DocumentSnapshot
from slm_lsp.folders import Folder, Folders
from slm_lsp.reports import Reports, Stretch
from slm_lsp.workspace.quoting import OpenDocument

# Open documents that a prompt may quote: the newest.
MAX_OPEN_TEXTS = 8


class Surroundings:
    """Looked at anew at each question: documents change meanwhile."""

    def __init__(
        self,
        documents: dict[str, Document],
        folders: Folders,
        language: Callable[[DocumentSnapshot], str | None],
    ) -> None:
        self._documents = documents
        self._folders = folders
        self._language = language
        # By the folder and the name that a document has in its prompts.
        self._reports = Reports()

    async def gather(self, folder: Folder, document: DocumentContext) -> ContextBundle:
        """Snippets for a cursor, with the other documents as they are now."""
        return await folder.workspace.gather(document, *self._known(folder, document))

    async def expected(self, folder: Folder, document: DocumentContext) -> Sequence[ExpectedName]:
        """The names that may come at a cursor, by the same."""
        return await folder.workspace.expected(document, *self._known(folder, document))

    def reported(self, uri: str, asked: Sequence[Stretch], found: Sequence[Reported]) -> bool:
        """All that other servers found in the stretches `asked`; returns whether it is news."""
        return self._reports.note(self._key(uri), asked, found)

    def closed(self, uri: str) -> None:
        self._reports.closed(self._key(uri))

    def _key(self, uri: str) -> tuple[Folder, str]:
        folder = self._folders.of(uri)
        return folder, self._folders.name_for(folder, uri)

    def _known(
        self, folder: Folder, document: DocumentContext
    ) -> tuple[list[OpenDocument], Sequence[Reported]]:
        return self._others(folder, document), self._reports.of((folder, document.path))

    def _others(self, folder: Folder, document: DocumentContext) -> list[OpenDocument]:
        """The other open documents, as a question in this folder may quote them."""
        others: list[OpenDocument] = []
        for uri in list(reversed(self._documents))[:MAX_OPEN_TEXTS]:  # opened last first
            one, name = self._documents[uri].snapshot(), self._folders.name_for(folder, uri)
            if name != document.path:
                owner = self._folders.of(uri)
                shown = OpenText(name, self._language(one), one.text)
                rules = owner.owner() if owner is not folder else None
                others.append(OpenDocument(self._folders.path_of(uri), shown, rules))
        return others
