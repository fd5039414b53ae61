"""Which files `slm-lsp check` reads, and what it calls them."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from slm_context.languages import language_for

from slm_lsp.commands.changes import Repository
from slm_lsp.commands.here import root_here
from slm_lsp.errors import SlmError
from slm_lsp.workspace.scan import Rules, scan


class Unusable(SlmError):
    """What was asked to be checked cannot be."""


def sources(
    paths: list[str], repository: Repository | None, checked: set[Path]
) -> Iterator[tuple[Path, str, str]]:
    """(path, language, text) of the source files that were asked for, each once.

    `checked` gets those that were given; raises Unusable for a path that cannot be read.
    """
    for path in _files(paths, repository):
        language = language_for(path.name)
        if language is None and path in map(Path, paths):
            print(f"slm-lsp: {path} is in no language that is checked", file=sys.stderr)
        if language is None or path in checked:
            continue
        checked.add(path)
        try:
            # Not `read_text`, which makes one kind of line end of all.
            yield path, language, path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            print(f"slm-lsp: {path} is not UTF-8 text and was left out", file=sys.stderr)
            checked.discard(path)
        except OSError as error:
            raise Unusable(f"cannot read {path}: {error.strerror}") from error


def _files(paths: list[str], repository: Repository | None) -> Iterator[Path]:
    changed = repository.changed_files() if repository is not None else None
    if changed is not None and not paths:
        yield from changed
        return
    resolved = {one.resolve() for one in changed} if changed is not None else None
    for path in map(Path, paths or ["."]):
        if path.is_dir():
            found = (path / one.path for one in scan(Rules(path.absolute())))
        elif path.exists():
            found = iter([path])
        else:
            raise Unusable(f"{path} does not exist")
        yield from (one for one in found if resolved is None or one.resolve() in resolved)


def shown(path: Path) -> str:
    """The path as the person would type it; one outside of this repository in full."""
    absolute = path.absolute()
    if not absolute.is_relative_to(root_here()):
        return path.as_posix()
    return Path(os.path.relpath(absolute)).as_posix()
