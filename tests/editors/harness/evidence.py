"""What a failed test leaves behind: a screenshot or screen dump, and the server's log."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.editors.harness.installed import ROOT

FOLDER = ROOT / ".cache" / "editor-tests"


class Evidence:
    """A folder for one test. It is removed when the test passes."""

    def __init__(self, test: str) -> None:
        self.folder = FOLDER / re.sub(r"[^\w.-]+", "-", test.removeprefix("tests/editors/"))[:120]
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.server_log = self.folder / "server.jsonl"
        self._dumps: list[Callable[[Path], None]] = []

    def on_failure(self, dump: Callable[[Path], None]) -> None:
        """`dump(folder)` is called if the test fails, while the editor still runs."""
        self._dumps.append(dump)

    def dump(self) -> None:
        for dump in self._dumps:
            try:
                dump(self.folder)
            except Exception as error:
                # The editor may be what died. The test's own failure is the news.
                (self.folder / "no-dump.txt").write_text(f"{type(error).__name__}: {error}\n")

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
