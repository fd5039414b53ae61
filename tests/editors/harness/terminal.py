"""Editors of the terminal, in tmux: a real screen, real keys."""

import os
import re
import shlex
import subprocess
from pathlib import Path

from tests.editors.harness.installed import ROOT, server, tmux
from tests.editors.harness.waiting import until

PAGE = ROOT / "editors" / "README.md"


class Terminal:
    """One command on a screen of its own, in a tmux server of its own."""

    def __init__(
        self,
        command: list[str],
        folder: Path,
        home: Path,
        server_log: Path,
        size: tuple[int, int] = (100, 30),
    ) -> None:
        self.server_log = server_log
        # The command as people have it: on the PATH, and nothing of ours beside it.
        bin = home / "bin"
        bin.mkdir()
        program = bin / "slm-lsp"
        log = ["--log-level", "debug", "--log-file", str(server_log)]
        program.write_text(f'#!/bin/sh\nexec {shlex.join(server())} "$@" {shlex.join(log)}\n')
        program.chmod(0o755)
        self._tmux = [tmux(), "-S", str(home / "tmux"), "-f", "/dev/null"]
        environment = {
            **os.environ,
            "PATH": f"{bin}:{os.environ['PATH']}",
            "TERM": "xterm-256color",
        }
        area = ["-x", str(size[0]), "-y", str(size[1])]
        start = ["new-session", "-d", "-s", "editor", *area, "-c", str(folder), shlex.join(command)]
        subprocess.run([*self._tmux, *start], env=environment, check=True)

    def keys(self, *keys: str) -> None:
        """tmux's names of keys, such as `Enter`, `C-x` and `M-w`; everything else as it is."""
        self._run("send-keys", "-t", "editor", *keys)

    def type(self, text: str) -> None:
        self._run("send-keys", "-t", "editor", "-l", text)

    def screen(self, *, colours: bool = False) -> str:
        return self._run("capture-pane", "-p", *(["-e"] if colours else []), "-t", "editor")

    def text_behind(self, line: str) -> str:
        """What stands behind the last such line on the screen: ghost text, or text."""
        wanted = line.strip()
        row = [row for row in self.screen().splitlines() if wanted in row][-1]
        return row.partition(wanted)[2].strip()

    def at_cursor(self) -> tuple[str, str]:
        """The cursor's row, before and behind the cursor."""
        place = self._run("display-message", "-p", "-t", "editor", "#{cursor_x} #{cursor_y}")
        column, row = map(int, place.split())
        text = self.screen().splitlines()[row]
        return text[:column].strip(), text[column:].strip()

    def shows(self, text: str) -> str:
        """Wait until the text is on the screen."""
        return until(f"{text!r} on the screen", lambda: text in (seen := self.screen()) and seen)

    def wait_for_the_server(self) -> None:
        until(
            "the model is ready",
            lambda: self.server_log.exists() and "is ready after" in self.server_log.read_text(),
        )

    def dump(self, folder: Path) -> None:
        (folder / "screen.txt").write_text(self.screen())

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run([*self._tmux, *arguments], check=True, capture_output=True, text=True)
        return done.stdout


def pasted(heading: str, language: str, n: int = 0) -> str:
    """The n-th block in this language below a heading of editors/README.md, to the letter."""
    section = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    (below,) = [part for part in section if part.startswith(heading + "\n")]
    return re.findall(rf"^```{language}\n(.*?)^```", below, re.MULTILINE | re.DOTALL)[n]
