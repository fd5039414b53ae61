"""VS Code: inside the extension host, and with a person's eyes and keys."""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.editors.harness.code_server import EXTENSION, CodeServer, our_server
from tests.editors.harness.evidence import Evidence
from tests.editors.harness.installed import needs
from tests.editors.harness.waiting import until

needs("playwright")

SUITES = Path(__file__).with_name("vscode")
SUITE_PATIENCE_S = 300


@pytest.fixture
def run_suite(browser, evidence: Evidence) -> Callable[[CodeServer, Path, Path], None]:
    """Runs one of the suites in the extension host of a window on this folder."""

    def run(code: CodeServer, folder: Path, suite: Path) -> None:
        said: list[str] = []
        codes: list[int] = []
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.set_default_timeout(90_000)
        evidence.on_failure(lambda folder: page.screenshot(path=folder / "screen.png"))
        evidence.on_failure(code.copy_logs)
        evidence.on_failure(lambda folder: (folder / "suite.txt").write_text("\n".join(said)))
        page.expose_function(
            "codeAutomationLog", lambda _, args: said.append(" ".join(map(str, args)))
        )
        page.expose_function("codeAutomationExit", lambda code, *_: codes.append(code))
        payload = [
            ("extensionDevelopmentPath", code.remote(EXTENSION)),
            ("extensionTestsPath", code.remote(suite)),
        ]
        page.goto(code.address(folder, payload))
        # Waiting inside the page lets Playwright hand over what the page calls.
        until("the suite's end", lambda: page.wait_for_timeout(100) or codes, SUITE_PATIENCE_S)
        failed = [line for line in said if line.startswith("FAILED")]
        assert codes == [0], "\n".join(failed or said)
        page.context.close()
        n_tests = suite.read_text().count("\n  async '")
        assert sum(line.startswith("ok ") for line in said) == n_tests

    return run


def test_extension_host(run_suite, launch, vsix, workspace, place):
    (workspace / ".place.json").write_text(json.dumps(asdict(place)))
    run_suite(launch(our_server()), workspace, SUITES / "suite.js")


def test_two_folders_in_one_window(run_suite, installed, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / ".git").mkdir(parents=True)
        library = f"def to_{name}(price: float) -> int:\n    return int(price * 100)\n"
        (tmp_path / name / "library.py").write_text(library)
    window = tmp_path / "both.code-workspace"
    window.write_text(json.dumps({"folders": [{"path": "one"}, {"path": "two"}]}))
    run_suite(installed, window, SUITES / "folders.js")


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


def test_the_status_bar_says_that_the_model_computes(vscode, place):
    """For as long as it takes; the model's process is held up so that it takes longer."""
    pids = worker_pids(vscode.code)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        vscode.type(place.key)
        until("busy", lambda: "slm-lsp: busy, the model is computing" in vscode.status_text())
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    vscode.wait_until_ready()


def test_reading_a_repository_shows_progress(show, installed, workspace):
    # So many that the bar stays for longer than VS Code waits before it shows one.
    for n in range(3000):
        (workspace / f"file_{n}.py").write_text(f"def function_{n}(value):\n    return {n}\n")
    vscode = show(installed, workspace, workspace / "file_1.py")
    vscode.page.wait_for_function(
        "document.querySelector('.statusbar')?.textContent.includes('reading the repository')"
    )
    vscode.wait_until_ready()


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
