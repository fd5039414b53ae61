"""Reading settings files that somebody else may have written."""

import os
from pathlib import Path
from typing import Any

from slm_lsp.config.toml import MAX_BYTES, BrokenToml, TomlText
from slm_lsp.config.types import Complaint, KeyPath, Layer, Position, Source
from slm_lsp.places import user_config_file
from slm_lsp.regular_file import NotRegular, open_regular

REPOSITORY_FILE = "slm-lsp.toml"
PYPROJECT = "pyproject.toml"
TABLE = "slm-lsp"
# What messages call the editor's settings.
EDITOR_SETTINGS = "editor settings"
# Under which an editor sends those that it keeps with a workspace, beside the person's sections.
WORKSPACE = "workspace"
# Reading a pyproject.toml means parsing other tools' tables too, some of them long.
MARKS_OF_A_ROOT = (REPOSITORY_FILE, ".git", ".hg", PYPROJECT)


def find_root(start: Path) -> Path:
    """The repository that `start` lies in: the nearest folder upwards with a mark of one."""
    start = start.absolute()
    for folder in (start, *start.parents):
        # Not `Path.exists`, which raises where a disk is gone or a name is too long.
        if any(os.path.exists(folder / mark) for mark in MARKS_OF_A_ROOT):
            return folder
    return start


def user_layer() -> Layer | None:
    """The person's own file, if there is one."""
    path = user_config_file()
    return _layer(path, Source.USER, str(path), None)


def repository_layer(root: Path) -> Layer | None:
    """`slm-lsp.toml`, or else `[tool.slm-lsp]` in `pyproject.toml`."""
    own = _layer(root / REPOSITORY_FILE, Source.REPOSITORY, REPOSITORY_FILE, root)
    table = _layer(root / PYPROJECT, Source.REPOSITORY, PYPROJECT, root, ("tool", TABLE))
    if own is None or table is None:
        return own or table
    both = Complaint(
        Source.REPOSITORY,
        PYPROJECT,
        f"[tool.{TABLE}] is not read, because there is also {REPOSITORY_FILE}",
        table.locate(()) if table.options else None,
    )
    return Layer(own.source, own.where, own.options, root, own.locate, (*own.complaints, both))


def editor_layers(
    options: Any, where: str = EDITOR_SETTINGS, root: Path | None = None
) -> list[Layer]:
    """What the editor sent: the sections themselves, or under "slm-lsp".

    Those are the person's. Below "workspace", the editor may send those that it keeps with the
    workspace, as a list where several places have some: the window's file, then a folder's.
    """
    if options is None:
        return []
    if isinstance(options, dict) and isinstance(options.get(TABLE), dict):
        options = options[TABLE]
    kept: Any = []
    if isinstance(options, dict) and WORKSPACE in options:
        options = dict(options)
        kept = options.pop(WORKSPACE)
    found = [(Source.EDITOR, options)]
    several = kept if isinstance(kept, list) else [kept]
    found += [(Source.WORKSPACE, one) for one in several if one is not None]
    return [_sent(source, where, one, root) for source, one in found]


def _sent(source: Source, where: str, options: Any, root: Path | None) -> Layer:
    if isinstance(options, dict):
        return Layer(source, where, options, root if source.is_a_strangers else None)
    wrong = Complaint(source, where, f"expected sections, not {type(options).__name__}")
    return Layer(source, where, {}, complaints=(wrong,))


def _layer(
    path: Path, source: Source, where: str, root: Path | None, table: tuple[str, ...] = ()
) -> Layer | None:
    content = None
    try:
        content = read_untrusted(path, root)
        if content is None:
            return None
        text = TomlText(content)
    except BrokenToml as broken:
        if table and TABLE.encode() not in (content or b""):
            return None  # other tools will complain about it
        wrong = Complaint(source, where, broken.message, broken.position, stops=True)
        return Layer(source, where, {}, root, complaints=(wrong,))
    options: Any = text.options
    for key in table:
        options = options.get(key) if isinstance(options, dict) else None
        if options is None:
            return None

    def locate(inner: KeyPath, *, value: bool = False) -> Position | None:
        return text.locate((*table, *inner), value=value)

    if not isinstance(options, dict):
        wrong = Complaint(source, where, f"[{'.'.join(table)}] is a table", locate(()), stops=True)
        return Layer(source, where, {}, root, locate, (wrong,))
    return Layer(source, where, options, root, locate)


def read_untrusted(path: Path, root: Path | None) -> bytes | None:
    """The content of a settings file; None when there is none.

    A repository's file is a regular file inside the repository: not a pipe to wait on forever,
    not a device, not a link to something that should not be quoted in messages.
    """
    try:
        if root is not None and not path.resolve().is_relative_to(root.resolve()):
            raise BrokenToml("the file is a symbolic link that leads out of the repository")
        with open_regular(path) as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except NotRegular as error:
        raise BrokenToml("this is not a regular file") from error
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        reason = getattr(error, "strerror", None) or "it is a loop of symbolic links"
        raise BrokenToml(f"the file cannot be read: {reason}") from error
