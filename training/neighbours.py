"""Snippets for the corpus's files, from an index of each repository, as the server finds them."""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from slm_context.cursor import DocumentContext
from slm_context.gather import Gatherer, Limits
from slm_context.index import FileStamp, Index, IndexedFile
from slm_context.tags import tags_of
from slm_prompts.render import OtherFile

from slm_lsp.settings import ContextSettings

# As in `slm_lsp.workspace.service`.
CHARS_PER_TOKEN = 3
# What is found must not depend on how busy the machine is.
PATIENT_MS = 60_000.0


@dataclass(frozen=True, slots=True)
class Text:
    """One file of a repository."""

    path: str
    language: str
    text: str


def write_index(file: Path, texts: Iterable[Text]) -> None:
    """Index the texts of one repository; a file that is there already is left as it is."""
    if file.exists():
        return
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    index = Index(part)
    index.write(indexed(one) for one in texts)
    index.close()
    # One plain file, so that it may be renamed and read by many.
    with sqlite3.connect(part) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    db.close()
    part.rename(file)


def indexed(one: Text) -> IndexedFile:
    content = one.text.encode("utf-8", "replace")
    stamp = FileStamp(len(content), 0)
    return IndexedFile(one.path, one.language, stamp, tags_of(content, one.language))


def neighbours_in(
    file: Path, read: Callable[[str], str | None]
) -> Callable[[DocumentContext], list[OtherFile]]:
    """What the server would show of the other files, the most useful one last."""
    gatherer = Gatherer(Index(file, read_only=True), read)
    context = ContextSettings()
    limits = Limits(context.max_snippets, context.max_snippet_tokens * CHARS_PER_TOKEN, PATIENT_MS)

    def neighbours(document: DocumentContext) -> list[OtherFile]:
        bundle = gatherer.gather(document, (), limits)
        return [OtherFile(one.path, one.text) for one in bundle.snippets]

    return neighbours
