"""Snippets from other files, found as the server finds them."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from slm_context.cursor import DocumentContext
from slm_context.entries import FileStamp, IndexedFile
from slm_context.gather import Gatherer
from slm_context.index import Index
from slm_context.references import uses_of
from slm_context.tags import tags_of
from slm_prompts.render import OtherFile

from slm_lsp.settings import Settings
from slm_lsp.tune.repository import SourceText
from slm_lsp.workspace.limits import limits_of

# What is found must not depend on how busy the machine is.
PATIENT_MS = 60_000.0


class Neighbourhood:
    """An index over some texts, below `folder` until it is closed. It knows of nothing else."""

    def __init__(self, texts: Iterable[SourceText], settings: Settings, folder: Path) -> None:
        self._texts = {one.path: one for one in texts}
        self._folder = tempfile.TemporaryDirectory(dir=folder)
        self._index = Index(Path(self._folder.name) / "index.sqlite")
        self._index.write(indexed(one) for one in self._texts.values())
        self._gatherer = Gatherer(self._index, self._read)
        self._enabled = settings.context.enabled
        self._limits = limits_of(settings.context, PATIENT_MS)

    def __call__(self, document: DocumentContext) -> list[OtherFile]:
        """In prompt order, the most useful one last."""
        if not self._enabled or not self._limits.n_snippets:
            return []
        bundle = self._gatherer.gather(document, (), self._limits)
        return [OtherFile(one.path, one.text) for one in bundle.snippets]

    def close(self) -> None:
        self._index.close()
        self._folder.cleanup()

    def _read(self, path: str) -> str | None:
        one = self._texts.get(path)
        return None if one is None else one.text


def indexed(one: SourceText) -> IndexedFile:
    """What an index keeps of a text that lies in no file."""
    content = one.text.encode("utf-8", "replace")
    return IndexedFile(
        one.path,
        one.language,
        FileStamp(len(content), 0),
        tags_of(content, one.language),
        uses=uses_of(content),
    )
