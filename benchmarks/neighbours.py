"""Snippets for the cases of `line_ends`, from an index of each clone."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from slm_context.cursor import split_at_cursor
from slm_context.languages import language_for
from slm_prompts.render import OtherFile

from slm_lsp.tune.accuracy import Case
from slm_lsp.tune.repository import SourceText
from training.clones import Clone
from training.neighbours import neighbours_in, write_index

Neighbours = Callable[[Case], list[OtherFile]]
# Larger files are data.
MAX_BYTES = 512 * 1024


def texts_of(clone: Clone) -> dict[str, SourceText]:
    """Every file of the newest commit that the server would index."""
    sizes = clone.sizes()
    paths = [path for path in sizes if language_for(path) and sizes[path] <= MAX_BYTES]
    return {
        path: SourceText(path, str(language_for(path)), raw.decode("utf-8", "replace"))
        for path, raw in clone.read(sorted(paths))
    }


@contextmanager
def neighbours_of_cases(clones: Mapping[str, Clone]) -> Iterator[Neighbours]:
    """What the server would show for a case: its own file is never among it."""
    asked: dict[str, Callable[..., list[OtherFile]]] = {}
    with tempfile.TemporaryDirectory() as folder:

        def open_repository(name: str) -> Callable[..., list[OtherFile]]:
            texts = texts_of(clones[name])
            file = Path(folder) / f"{name.replace('/', '+')}.sqlite"
            write_index(file, texts.values())

            def read(path: str) -> str | None:
                return texts[path].text if path in texts else None

            return neighbours_in(file, read)

        def neighbours(case: Case) -> list[OtherFile]:
            if case.repository not in asked:
                asked[case.repository] = open_repository(case.repository)
            shown = case.text[: case.offset] + case.text[case.line_stop :]
            document = split_at_cursor(shown, case.offset, path=case.path, language=case.language)
            return asked[case.repository](document)

        yield neighbours
