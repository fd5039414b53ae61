"""Texts of files that were read before, for as long as the files are as they were."""

import os
from collections.abc import Callable
from pathlib import Path

from slm_context.entries import FileStamp
from slm_context.remembered import Remembered

from slm_lsp.regular_file import open_regular
from slm_lsp.workspace.scan import read_source

# Of all that are kept: some sixty files of usual length.
MAX_CHARS = 1_000_000
# A longer file is not searched for secrets while somebody waits: it takes 10 ms for a
# megabyte here, and longer elsewhere.
MAX_SEARCHED = 150_000


class Reader:
    """Reads source files of one root; looking for secrets takes longer than reading.

    `checked` tells as what a file was searched for them before, when the index was made.
    """

    def __init__(
        self, root: Path, checked: Callable[[str], FileStamp | None] = lambda path: None
    ) -> None:
        self._root = root
        self._checked = checked
        self._known: Remembered[str, tuple[FileStamp, str | None]] = Remembered(MAX_CHARS)

    def text(self, path: str) -> str | None:
        """The text of a file; None for one that is gone or may not be read.

        A long one that changed since it was searched is read again when the index follows.
        """
        try:
            status = (self._root / path).stat()
        except (OSError, ValueError):
            return None
        stamp = FileStamp(status.st_size, status.st_mtime_ns)
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        if self._checked(path) == stamp:
            content = _content(self._root / path, stamp)
        elif stamp.size > MAX_SEARCHED:
            return None
        else:
            content = read_source(self._root / path)
        text = None if content is None else content.decode("utf-8", "replace")
        self._known.put(path, (stamp, text), len(text or ""))
        return text


def _content(path: Path, stamp: FileStamp) -> bytes | None:
    """All of a file, if it still is as `stamp` says."""
    try:
        with open_regular(path) as file:
            content, status = file.read(stamp.size + 1), os.fstat(file.fileno())
    except OSError:
        return None
    return content if FileStamp(status.st_size, status.st_mtime_ns) == stamp else None
