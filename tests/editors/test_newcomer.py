"""Somebody who has only read the README's lines for Neovim. (VS Code: test_vscode_setup.)"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editors.harness.evidence import Evidence
from tests.editors.harness.installed import ROOT, editor
from tests.editors.harness.places import ORDINARY, type_until_shown
from tests.editors.harness.terminal import Terminal, pasted
from tests.editors.harness.user import PATIENT, fresh_user
from tests.editors.harness.waiting import until


@pytest.fixture(params=["nvim", "nvim-old"])
def neovim(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    workspace: Path,
    evidence: Evidence,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Terminal]:
    """Neovim in a terminal, with what the page says to paste as its only configuration."""
    binary = editor(request.param)
    home = tmp_path / "newcomer"
    home.mkdir()
    fresh_user(home, monkeypatch, PATIENT)
    lines = pasted("Neovim", "lua")
    assert lines.count("\n") <= 5
    init = home / "config" / "nvim" / "init.lua"
    init.parent.mkdir()
    init.write_text(lines.replace("/path/to/slm-lsp", str(ROOT)))
    (workspace / "app.py").touch()
    terminal = Terminal([str(binary), "app.py"], workspace, home, evidence.server_log)
    evidence.on_failure(terminal.dump)
    yield terminal
    terminal.close()


def test_lines_pasted_from_the_page_are_enough(neovim: Terminal, workspace: Path) -> None:
    neovim.wait_for_the_server()
    neovim.type("i")
    neovim.shows("INSERT")
    typed: list[str] = []

    def type_key(key: str) -> None:
        typed.append(key)
        neovim.keys("Enter") if key == "\n" else neovim.type(key)

    def shown() -> str:
        """What stands behind the line that is being typed."""
        before, behind = neovim.at_cursor()
        return behind if before == "".join(typed).rsplit("\n", 1)[-1].strip() else ""

    suggestion = type_until_shown(type_key, shown)
    neovim.keys("Tab")
    neovim.keys("Escape")
    neovim.type(":w")
    neovim.keys("Enter")
    neovim.shows("written")
    text = (workspace / "app.py").read_text()
    assert until("taken", lambda: suggestion.split()[0] in text), ORDINARY
