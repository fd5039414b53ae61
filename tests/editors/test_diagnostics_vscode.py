"""The squiggle, its message, its fix and its dismissal in VS Code."""

from pathlib import Path

import pytest

from tests.editors.harness.code_server import CodeServer, our_server
from tests.editors.harness.installed import needs
from tests.editors.harness.waiting import until

needs("playwright")
from tests.editors.harness.vscode import VsCode  # noqa: E402 - needs playwright

GOOD = "def area(width, height):\n    return width * height"
SQUIGGLES = ".squiggly-error, .squiggly-warning"
# The editor saves after 1 s and the server waits for 1.5: what has not come by now will not.
NOTHING_COMES_MS = 4_000


@pytest.fixture(scope="module")
def saving_by_itself(launch_for_all, vsix) -> CodeServer:
    settings = {"files.autoSave": "afterDelay", "files.autoSaveDelay": 1000}
    quiet = {"editor.quickSuggestions": {"other": "off"}, "editor.inlineSuggest.enabled": False}
    return launch_for_all({**our_server(), **settings, **quiet}, vsix)


@pytest.fixture
def vscode(show, saving_by_itself, workspace: Path) -> VsCode:
    file = workspace / "area.py"
    file.write_text(GOOD)
    vscode = show(saving_by_itself, workspace, file)
    vscode.wait_until_ready()
    vscode.go_to_end()
    return vscode


def squiggles(vscode: VsCode) -> int:
    return vscode.page.locator(SQUIGGLES).count()


def mistype(vscode: VsCode) -> None:
    """A slip on the last line, which is being typed; then the person goes to another line."""
    vscode.type(" + widht")
    vscode.page.wait_for_timeout(NOTHING_COMES_MS)
    assert squiggles(vscode) == 0
    vscode.press("ArrowUp")
    until("the squiggle", lambda: squiggles(vscode))


def choose(vscode: VsCode, title: str) -> None:
    """Open the lightbulb's menu at the finding, and choose."""
    vscode.press("F8")
    vscode.press("Escape")
    vscode.press("Control+.")
    row = vscode.page.locator(".action-widget .monaco-list-row", has_text=title).first
    row.wait_for()
    row.click()


def test_squiggle_message_and_fix(vscode: VsCode) -> None:
    mistype(vscode)
    vscode.press("F8")
    message = vscode.page.locator(".marker-widget .message, .peekview-widget .message").first
    message.wait_for()
    assert "`widht` is not defined anywhere; `width` is." in (message.text_content() or "")
    vscode.press("Escape")
    choose(vscode, "Change to `width`")
    until("it is fixed", lambda: vscode.saved() == f"{GOOD} + width")
    until("the squiggle is gone", lambda: not squiggles(vscode))


def test_dismissal(vscode: VsCode) -> None:
    mistype(vscode)
    choose(vscode, "Not a bug")
    until("the squiggle is gone", lambda: not squiggles(vscode))
    # The editor saves by itself, and a file that is just being written is empty.
    until("the text stayed", lambda: vscode.saved() == f"{GOOD} + widht")
    assert squiggles(vscode) == 0


def test_a_save_by_hand_is_a_sign_that_the_line_is_finished(vscode: VsCode) -> None:
    vscode.type(" * (width")
    # VS Code has closed the bracket by itself.
    vscode.press("Delete")
    vscode.page.wait_for_timeout(NOTHING_COMES_MS)
    assert squiggles(vscode) == 0
    vscode.press("Control+s")
    until("the squiggle", lambda: squiggles(vscode))
