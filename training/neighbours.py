"""Snippets for the corpus's files, from an index of each repository, as the server finds them."""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from slm_context.cursor import DocumentContext
from slm_context.gather import Gatherer
from slm_context.index import Index
from slm_prompts.render import OtherFile

from slm_lsp.settings import ContextSettings
from slm_lsp.tune.neighbours import PATIENT_MS, indexed
from slm_lsp.tune.repository import SourceText
from slm_lsp.workspace.limits import limits_of


def write_index(file: Path, texts: Iterable[SourceText]) -> None:
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


def neighbours_in(
    file: Path, read: Callable[[str], str | None]
) -> Callable[[DocumentContext], list[OtherFile]]:
    """What the server would show of the other files, the most useful one last."""
    gatherer = Gatherer(Index(file, read_only=True), read)
    limits = limits_of(ContextSettings(), PATIENT_MS)

    def neighbours(document: DocumentContext) -> list[OtherFile]:
        bundle = gatherer.gather(document, (), limits)
        return [OtherFile(one.path, one.text) for one in bundle.snippets]

    return neighbours
