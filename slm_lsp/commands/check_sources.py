"""Which files `slm-lsp check` reads, and what it calls them."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from slm_context.languages import language_for

from slm_lsp.commands.changes import Repository
from slm_lsp.commands.here import root_here
from slm_lsp.diagnostics.types import MAX_CHECKED
from slm_lsp.errors import SlmError
from slm_lsp.regular_file import open_regular
from slm_lsp.workspace.scan import Rules, scan

# A character of UTF-8 has four bytes at most.
MAX_BYTES = 4 * MAX_CHECKED


class Unusable(SlmError):
    """What was asked to be checked cannot be."""


class _LeftOut(Exception):
    """A file that is passed over, and why."""


def sources(
    paths: list[str], repository: Repository | None, checked: set[Path]
) -> Iterator[tuple[Path, str, str]]:
    """(path, language, text) of the source files that were asked for, each once.

    `checked` gets those that were given; raises Unusable for a path that cannot be read. A
    terminal shows how far it is.
    """
    by_name = set(map(Path, paths))
    for path in _shown_going_by(list(dict.fromkeys(_files(paths, repository)))):
        language = language_for(path.name)
        if language is None and path in by_name:
            _say(f"{path} is in no language that is checked")
        if language is None:
            continue
        try:
            text = _read(path)
        except _LeftOut as why:
            _say(f"{shown(path)} {why} and was left out")
        except OSError as error:
            if path in by_name:
                raise Unusable(f"cannot read {path}: {error.strerror}") from error
            _say(f"{shown(path)} cannot be read ({error.strerror}) and was left out")
        else:
            checked.add(path)
            yield path, language, text


def _read(path: Path) -> str:
    with open_regular(path) as file:
        content = file.read(MAX_BYTES + 1)
    try:
        # Not `read_text`, which makes one kind of line end of all.
        text = content.decode("utf-8-sig") if len(content) <= MAX_BYTES else None
    except UnicodeDecodeError as error:
        raise _LeftOut("is not UTF-8 text") from error
    if text is None or len(text) > MAX_CHECKED:
        raise _LeftOut(f"has more than {MAX_CHECKED:,} characters")
    return text


def _files(paths: list[str], repository: Repository | None) -> Iterator[Path]:
    changed = repository.changed_files() if repository is not None else None
    if changed is not None and not paths:
        yield from changed
        return
    resolved = {one.resolve() for one in changed} if changed is not None else None
    for name in paths or ["."]:
        path = Path(name)
        if _is_folder(name):
            # The folder that `..` and links lead to is in no repository that the way there is in.
            rules = Rules(Path(os.path.realpath(path)))
            found = (path / one.path for one in scan(rules, sys.maxsize))
        else:
            found = iter([path])
        yield from (one for one in found if resolved is None or one.resolve() in resolved)


def _is_folder(name: str) -> bool:
    if not name:  # which `Path` takes for "."
        raise Unusable("'' names no file")
    try:
        return stat.S_ISDIR(os.stat(name).st_mode)
    except FileNotFoundError as error:
        raise Unusable(f"{name} does not exist") from error
    except OSError as error:
        raise Unusable(f"cannot read {name}: {error.strerror}") from error


def _shown_going_by(paths: list[Path]) -> Iterable[Path]:
    """The paths, one after the other; who waits at a terminal sees how many are left."""
    if not sys.stderr.isatty():
        return paths
    from slm_lsp.commands.progress import going_by

    return going_by(paths, "checking")


def _say(what: str) -> None:
    print(f"slm-lsp: {what}", file=sys.stderr)


def shown(path: Path) -> str:
    """The path as the person would type it; one outside of this repository in full."""
    absolute = path.absolute()
    if not absolute.is_relative_to(root_here()):
        return path.as_posix()
    return Path(os.path.relpath(absolute)).as_posix()
