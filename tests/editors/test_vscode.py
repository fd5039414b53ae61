"""VS Code: inside the extension host, and with a person's eyes and keys."""

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.editors.harness.evidence import Evidence
from tests.editors.harness.installed import CACHE, editor, needs
from tests.editors.harness.places import Place
from tests.editors.harness.user import fresh_user
from tests.editors.harness.waiting import until

needs("playwright")
from playwright.sync_api import Browser, sync_playwright  # noqa: E402 - may be missing

from tests.editors.harness.vscode import (  # noqa: E402 - needs playwright
    EXTENSION,
    CodeServer,
    VsCode,
    build_extension,
    our_server,
)

SUITE = Path(__file__).with_name("vscode") / "suite.js"
SUITE_PATIENCE_S = 180


@pytest.fixture(scope="module")
def binary() -> Path:
    return editor("vscode")


@pytest.fixture(scope="module")
def vsix(binary) -> Path:
    return build_extension()


@pytest.fixture(scope="module")
def browser(binary) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CACHE / "bin" / "chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def launch(binary, tmp_path_factory) -> Iterator:
    """Starts code-server for a fresh user with these settings."""
    started: list[CodeServer] = []

    def launch(settings, vsix: Path | None = None, **environment: str) -> CodeServer:
        home = tmp_path_factory.mktemp("vscode")
        with pytest.MonkeyPatch.context() as patch:
            fresh_user(home, patch)
            code = CodeServer(binary, home, settings, environment)
        started.append(code)
        if vsix:
            code.install(vsix)
        code.start()
        return code

    yield launch
    for code in started:
        code.stop()


@pytest.fixture(scope="module")
def installed(launch, vsix) -> CodeServer:
    """The extension installed from the .vsix, with the server under test."""
    return launch(our_server(), vsix)


@pytest.fixture
def show(browser, evidence: Evidence) -> Iterator:
    """Opens a page on a folder and a file in it."""
    pages: list[VsCode] = []

    def show(code: CodeServer, folder: Path, file: Path) -> VsCode:
        vscode = VsCode(code, browser, folder, file)
        evidence.on_failure(vscode.dump)
        pages.append(vscode)
        return vscode

    yield show
    for vscode in pages:
        vscode.close()


@pytest.fixture
def vscode(show, installed, workspace: Path, place: Place) -> VsCode:
    """A page with the place's file open, the cursor at its end, and the server ready."""
    file = workspace / "settings.py"
    file.write_text(place.text)
    vscode = show(installed, workspace, file)
    vscode.wait_until_ready()
    vscode.go_to_end()
    return vscode


def test_extension_host(launch, vsix, browser, workspace, place, evidence):
    code = launch(our_server())
    (workspace / ".place.json").write_text(json.dumps(asdict(place)))
    said: list[str] = []
    codes: list[int] = []
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    evidence.on_failure(lambda folder: page.screenshot(path=folder / "screen.png"))
    evidence.on_failure(code.copy_logs)
    evidence.on_failure(lambda folder: (folder / "suite.txt").write_text("\n".join(said)))
    page.expose_function("codeAutomationLog", lambda _, args: said.append(" ".join(map(str, args))))
    page.expose_function("codeAutomationExit", lambda code, *_: codes.append(code))
    payload = [
        ("extensionDevelopmentPath", code.remote(EXTENSION)),
        ("extensionTestsPath", code.remote(SUITE)),
    ]
    page.goto(code.address(workspace, payload))
    # Waiting inside the page lets Playwright hand over what the page calls.
    until("the suite's end", lambda: page.wait_for_timeout(100) or codes, SUITE_PATIENCE_S)
    failed = [line for line in said if line.startswith("FAILED")]
    assert codes == [0], "\n".join(failed or said)
    page.context.close()
    assert sum(line.startswith("ok ") for line in said) == SUITE.read_text().count("\n  async '")


def test_ghost_text_and_tab(vscode, place):
    vscode.type(place.key)
    ghost = vscode.wait_for_ghost()
    vscode.press("Tab")
    wanted = place.text + place.key + ghost.split("\n")[0].strip()[:3]
    until("taken", lambda: vscode.saved().startswith(wanted))


def test_one_word(vscode, place):
    vscode.type(place.key)
    ghost = vscode.wait_for_ghost()
    vscode.press("Control+ArrowRight")
    typed = len(place.text + place.key)
    text = until("a word", lambda: len(vscode.saved()) > typed and vscode.saved())
    word = text[typed:]
    assert ghost.startswith(word.strip()) and len(word) < len(ghost)
    assert vscode.wait_for_ghost()


def test_typing_along_keeps_it(vscode, place):
    vscode.type(place.key)
    ghost = vscode.wait_for_ghost()
    first = ghost.lstrip()[0]
    vscode.type(ghost[: ghost.index(first) + 1])
    # A quote that VS Code closed by itself stands between the parts of what is left.
    rest = letters(ghost[ghost.index(first) + 1 :])
    until("the rest", lambda: letters(vscode.ghost()) and rest.startswith(letters(vscode.ghost())))


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def test_escape_sends_it_away(vscode, place):
    vscode.type(place.key)
    vscode.wait_for_ghost()
    vscode.press("Escape")
    until("gone", lambda: not vscode.ghost())
    until("only the key is there", lambda: vscode.saved() == place.text + place.key)


def test_asking_for_another_one(vscode, place):
    """The keys for the next suggestion ask the server by hand, and leave one on the screen."""
    vscode.type(place.key)
    ghost = vscode.wait_for_ghost()
    vscode.press("Alt+]")
    assert vscode.wait_for_ghost()
    vscode.press("Alt+[")
    until("the first again", lambda: vscode.ghost() == ghost)


def test_the_status_bar_and_its_menu(vscode):
    assert "slm-lsp: ready" in vscode.status_text()
    vscode.status.click()
    rows = vscode.page.locator(".quick-input-widget .monaco-list-row")
    until("the menu", lambda: rows.count() >= 9)
    labels = " ".join(rows.all_text_contents())
    wanted = ("in this file", "for python", "everywhere", "Snooze", "Explain", "statistics")
    assert [word for word in wanted if word not in labels] == []
    vscode.press("Escape")


def test_snoozing(vscode, place):
    vscode.command("slm-lsp: Snooze")
    vscode.page.get_by_text("5 minutes", exact=True).click()
    until("it snoozes", lambda: "snoozing for 5" in vscode.status_text())
    vscode.go_to_end()
    vscode.type(place.key)
    vscode.command("slm-lsp: Snooze")
    until("it is awake", lambda: "ready" in vscode.status_text())


def test_the_explain_view_shows_the_prompt(vscode, place):
    vscode.type(place.key)
    vscode.wait_for_ghost()
    vscode.press("Escape")
    vscode.command("slm-lsp: Explain Last Suggestion")
    frame = vscode.page.frame_locator("iframe.webview.ready").frame_locator("iframe")
    prompt = frame.locator("#prompt")
    prompt.wait_for()
    prefix = frame.locator("#prompt .prefix").text_content() or ""
    assert prefix.endswith(place.line)
    assert "fim_middle" in (frame.locator("#prompt .marker").last.text_content() or "")


def test_the_model_process_is_killed(vscode, place):
    for pid in worker_pids(vscode.code):
        os.kill(pid, signal.SIGKILL)
    vscode.type(place.key)
    until("ready", lambda: "slm-lsp: ready" in vscode.status_text())
    vscode.press("Backspace")
    vscode.type(place.key)
    assert vscode.wait_for_ghost()


def worker_pids(code: CodeServer) -> list[int]:
    """The processes in which models run, of the servers that this code-server started."""
    assert code.process is not None
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if str(code.home).encode() in environment and b"slm_lsp.inference.worker" in command:
            found.append(int(folder.name))
    assert found, "no process with a model"
    return found


def test_no_server_where_the_setting_says(launch, vsix, show, workspace, place):
    file = workspace / "settings.py"
    file.write_text(place.text)
    code = launch({"slm-lsp.path": "/nowhere/slm-lsp"}, vsix)
    vscode = show(code, workspace, file)
    until("the status bar says so", lambda: "slm-lsp: error" in vscode.status_text())
    # A message that came while the window was still being drawn waits behind the bell.
    vscode.command("Notifications: Show Notifications")
    until("the message", vscode.notifications)
    messages = [text for text in vscode.notifications() if "slm-lsp" in text]
    assert len(messages) == 1
    assert "/nowhere/slm-lsp" in messages[0] and "not found" in messages[0]
