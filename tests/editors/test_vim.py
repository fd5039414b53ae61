"""Vim with ALE, with the lines that editors/README.md says to paste."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.editors.harness.evidence import Evidence
from tests.editors.harness.installed import editor
from tests.editors.harness.places import Place, type_until_shown
from tests.editors.harness.terminal import Terminal, pasted
from tests.editors.harness.waiting import until

# What a person has already: an ALE that is installed, and Vim's own defaults.
INSTALLED = """
set nocompatible noswapfile
set runtimepath^=$SLM_ALE
filetype plugin indent on
"""
BROKEN = "def area(w, h):\n    return (w * h\n\n\nprint(area(2, 3))\n"
Start = Callable[[str], Terminal]


@pytest.fixture
def start(home: Path, workspace: Path, evidence: Evidence) -> Iterator[Start]:
    """Starts Vim on a file with this text."""
    binary = editor("vim")
    started: list[Terminal] = []

    def start(text: str) -> Terminal:
        vimrc = home / "vimrc"
        vimrc.write_text(INSTALLED + pasted("Vim", "vim"))
        (workspace / "settings.py").write_text(text)
        command = [str(binary), "-u", str(vimrc), "settings.py"]
        terminal = Terminal(command, workspace, home, evidence.server_log)
        started.append(terminal)
        evidence.on_failure(terminal.dump)
        terminal.wait_for_the_server()
        return terminal

    yield start
    for terminal in started:
        terminal.close()


def save(vim: Terminal, workspace: Path) -> str:
    vim.keys("Escape")
    vim.type(":w")
    vim.keys("Enter")
    vim.shows("written")
    return (workspace / "settings.py").read_text()


def test_the_popup_comes_while_a_word_is_typed(start: Start, workspace: Path) -> None:
    vim = start("")
    vim.type("i")
    vim.shows("-- INSERT --")

    def offered() -> str:
        """The popup's line that names us."""
        rows = [row.strip() for row in vim.screen().splitlines()]
        return next((row for row in rows if row.endswith(" slm-lsp")), "")

    def type_key(key: str) -> None:
        vim.keys("Enter") if key == "\n" else vim.type(key)

    row = type_until_shown(type_key, offered)
    vim.keys("C-n")
    vim.keys("C-y")
    assert row.split()[0] in save(vim, workspace)


def test_the_suggestion_comes_when_asked_for(start: Start, place: Place, workspace: Path) -> None:
    vim = start(place.text)
    vim.type("GA")
    vim.shows("-- INSERT --")
    vim.type(place.key)
    vim.keys("C-x", "C-o")
    until("more than was typed", lambda: vim.text_behind(place.line))
    vim.keys("C-y")
    assert save(vim, workspace).startswith(place.text + place.key)


def test_a_finding_and_its_fix(start: Start, workspace: Path) -> None:
    vim = start(BROKEN)
    vim.type(":ALENext")
    vim.keys("Enter")
    vim.shows("'(' was never closed")
    vim.type(":ALECodeAction")
    vim.keys("Enter")
    vim.shows("1) Insert `)`")
    vim.type("1")
    vim.keys("Enter")
    vim.shows("return (w * h)")
