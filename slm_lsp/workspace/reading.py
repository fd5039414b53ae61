"""Texts of files that were read before, for as long as the files are as they were."""

from pathlib import Path

from slm_context.entries import FileStamp
from slm_context.remembered import Remembered

from slm_lsp.workspace.scan import read_source

# Of all that are kept: some sixty files of usual length.
MAX_CHARS = 1_000_000


class Reader:
    """Reads source files of one root; looking for secrets takes longer than reading."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: Remembered[str, tuple[FileStamp, str | None]] = Remembered(MAX_CHARS)

    def text(self, path: str) -> str | None:
        """The text of a file; None for one that is gone or may not be read."""
        try:
            status = (self._root / path).stat()
        except (OSError, ValueError):
            return None
        stamp = FileStamp(status.st_size, status.st_mtime_ns)
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        content = read_source(self._root / path)
        text = None if content is None else content.decode("utf-8", "replace")
        self._known.put(path, (stamp, text), len(text or ""))
        return text
