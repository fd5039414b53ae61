"""Each command of the VS Code extension, by its title in the palette, and what one sees then."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.editors.harness.evidence import Evidence
from tests.editors.harness.installed import ROOT, needs
from tests.editors.harness.waiting import until

needs("playwright")
from tests.editors.harness.vscode import VsCode  # noqa: E402 - playwright may be missing

PACKAGE = json.loads((ROOT / "editors" / "vscode" / "package.json").read_text())
TITLES = {one["command"]: one["title"] for one in PACKAGE["contributes"]["commands"]}
# Run where it has something to do: in test_vscode_setup.py.
ELSEWHERE = {"slm-lsp.setUp"}


def menu(vscode: VsCode) -> None:
    until("the menu", lambda: len(vscode.choices()) >= 9)
    assert [label for label in LABELS if label not in " ".join(vscode.choices())] == []
    vscode.press("Escape")


LABELS = (
    "Switch off in this file",
    "Switch off for python",
    "Switch off everywhere",
    "Snooze",
    "Explain the last suggestion",
    "Show statistics",
    "Prove that nothing leaves this machine",
    "Pick a model",
    "Restart the server",
    "Show the log",
)


def switched(says: str, title: str) -> Callable[[VsCode], None]:
    """It is off, and the same command switches it on again."""

    def effect(vscode: VsCode) -> None:
        until(f"the status bar says {says}", lambda: says in vscode.status_text())
        vscode.command(title)
        vscode.wait_until_ready()

    return effect


def snooze(vscode: VsCode) -> None:
    until("lengths", lambda: "5 minutes" in " ".join(vscode.choices()))
    vscode.press("Enter")
    until("it snoozes", lambda: "snoozing for 5" in vscode.status_text())
    vscode.command("slm-lsp: Snooze")
    vscode.wait_until_ready()


def pick_model(vscode: VsCode) -> None:
    until("the models", lambda: "bundled" in " ".join(vscode.choices()))
    vscode.press("Enter")
    vscode.wait_until_ready()


def restart(vscode: VsCode) -> None:
    until(
        "it starts", lambda: "starting" in vscode.status_text() or "loading" in vscode.status_text()
    )
    vscode.wait_until_ready()


def show_log(vscode: VsCode) -> None:
    until("the log", lambda: "is ready after" in vscode.panel_text())
    assert "[error]" not in vscode.panel_text(), "each line has the level that the server gave it"


def explain(vscode: VsCode) -> None:
    until("the view", lambda: "Explain: slm-lsp" in vscode.tabs())


def prove_offline(vscode: VsCode) -> None:
    until("each refusal", lambda: vscode.shown_text().count("refused") >= 10)
    vscode.press("Control+Home")
    assert "ESCAPED" not in vscode.shown_text()


def statistics(vscode: VsCode) -> None:
    until("the numbers", lambda: "Since the server started" in vscode.shown_text())
    assert "[object" not in vscode.shown_text()


EFFECTS: dict[str, Callable[[VsCode], None]] = {
    "slm-lsp.menu": menu,
    "slm-lsp.toggle": switched("off everywhere", f"slm-lsp: {TITLES['slm-lsp.toggle']}"),
    "slm-lsp.toggleLanguage": switched("off for", f"slm-lsp: {TITLES['slm-lsp.toggleLanguage']}"),
    "slm-lsp.toggleFile": switched("off in this", f"slm-lsp: {TITLES['slm-lsp.toggleFile']}"),
    "slm-lsp.snooze": snooze,
    "slm-lsp.pickModel": pick_model,
    "slm-lsp.restart": restart,
    "slm-lsp.showLog": show_log,
    "slm-lsp.explain": explain,
    "slm-lsp.proveOffline": prove_offline,
    "slm-lsp.statistics": statistics,
}


def test_no_command_is_forgotten() -> None:
    assert set(EFFECTS) | ELSEWHERE == set(TITLES)


@pytest.fixture(scope="module")
def page(browser, installed, tmp_path_factory) -> Iterator[VsCode]:
    """One page for all commands: each leaves it as it was, or as good."""
    folder = tmp_path_factory.mktemp("commands")
    file = folder / "app.py"
    file.write_text("import json\n")
    # The project's own list, which adds to the person's: the switches leave it alone.
    (folder / ".vscode").mkdir()
    settings = {"slm-lsp.completion.disabled_languages": ["ruby"]}
    (folder / ".vscode" / "settings.json").write_text(json.dumps(settings))
    page = VsCode(installed, browser, folder, file)
    yield page
    page.close()


def test_the_walkthrough_leads_to_the_commands(page: VsCode, evidence: Evidence) -> None:
    """Its steps are there, and a button of it does what the command does."""
    evidence.on_failure(page.dump)
    page.focus_file()
    page.wait_until_ready()
    page.command("Welcome: Open Walkthrough")
    (walkthrough,) = PACKAGE["contributes"]["walkthroughs"]
    page.choose(walkthrough["title"])
    steps = page.page.locator(".getting-started-step")
    until("its steps", lambda: steps.count() == len(walkthrough["steps"]))
    shown = " ".join(steps.all_text_contents())
    assert [step["title"] for step in walkthrough["steps"] if step["title"] not in shown] == []
    steps.nth(2).click()
    page.page.get_by_role("button", name="Explain Last Suggestion").click()
    explain(page)


@pytest.mark.parametrize("command", EFFECTS)
def test_command(page: VsCode, evidence: Evidence, command: str) -> None:
    evidence.on_failure(page.dump)
    page.focus_file()
    page.wait_until_ready()
    page.command(f"slm-lsp: {TITLES[command]}")
    EFFECTS[command](page)
