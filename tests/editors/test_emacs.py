"""Emacs, with the lines that editors/README.md says to paste."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.editors.harness.evidence import Evidence
from tests.editors.harness.installed import editor
from tests.editors.harness.places import Place
from tests.editors.harness.terminal import Terminal, pasted
from tests.editors.harness.waiting import until

# What the unpacked Emacs needs, and an installed one does not: packages that nobody set up, and no
# compiling of Lisp to native code.
UNPACKED = """
(setq native-comp-enable-subr-trampolines nil native-comp-jit-compilation nil)
(dolist (folder (directory-files (getenv "SLM_ELPA_SRC") t "^[a-z]"))
  (add-to-list 'load-path folder))
(load "lsp-mode-autoloads" t t)
(setq inhibit-startup-screen t make-backup-files nil auto-save-default nil
      python-indent-guess-indent-offset-verbose nil)
"""
BROKEN = "def area(w, h):\n    return (w * h\n\n\nprint(area(2, 3))\n"
LSP_MODE, EGLOT = 0, 1
Start = Callable[[int, str], Terminal]


@pytest.fixture
def start(home: Path, workspace: Path, evidence: Evidence) -> Iterator[Start]:
    """Starts Emacs with the n-th block of the page, on a file with this text."""
    binary = editor("emacs")
    started: list[Terminal] = []

    def start(n: int, text: str) -> Terminal:
        init = home / "init.el"
        init.write_text(UNPACKED + pasted("Emacs", "elisp", n))
        (workspace / "settings.py").write_text(text)
        command = [str(binary), "-nw", "-Q", "-l", str(init), "settings.py"]
        terminal = Terminal(command, workspace, home, evidence.server_log)
        started.append(terminal)
        evidence.on_failure(terminal.dump)
        return terminal

    yield start
    for terminal in started:
        terminal.close()


def begin_lsp_mode(emacs: Terminal) -> None:
    """What a person does who opens a project for the first time."""
    emacs.shows("Do not ask again for the current project")
    emacs.type("i")
    emacs.wait_for_the_server()
    emacs.shows("LSP[slm-lsp")
    emacs.keys("M->")


def save(emacs: Terminal, workspace: Path) -> str:
    emacs.keys("C-x", "C-s")
    until("saved", lambda: "**-" not in emacs.screen())
    return (workspace / "settings.py").read_text()


def test_lsp_mode_shows_ghost_text_and_takes_it(
    start: Start, place: Place, workspace: Path
) -> None:
    emacs = start(LSP_MODE, place.text)
    begin_lsp_mode(emacs)
    emacs.type(place.key)
    emacs.shows("Accept:")
    ghost = until("ghost text", lambda: emacs.text_behind(place.line))
    emacs.keys("Tab")
    until("it is taken", lambda: "Accept:" not in emacs.screen())
    assert save(emacs, workspace).startswith(place.text + place.key + ghost[:8])


def test_eglot_offers_the_suggestion(start: Start, place: Place, workspace: Path) -> None:
    emacs = start(EGLOT, place.text)
    emacs.wait_for_the_server()
    emacs.shows("[eglot:project")
    emacs.keys("M->")
    emacs.type(place.key)
    # There is one item only, and so it is inserted.
    emacs.keys("M-Tab")
    until("more than was typed", lambda: emacs.text_behind(place.line))
    assert save(emacs, workspace).startswith(place.text + place.key)


@pytest.mark.parametrize("n", [LSP_MODE, EGLOT], ids=["lsp-mode", "eglot"])
def test_a_finding_is_shown(start: Start, n: int) -> None:
    emacs = start(n, BROKEN)
    if n == LSP_MODE:
        begin_lsp_mode(emacs)
    emacs.shows("[1 0]")
    emacs.keys("M-<")
    emacs.keys("M-x")
    emacs.type("flymake-goto-next-error")
    emacs.keys("Enter")
    emacs.shows("'(' was never closed")
