"""VS Code in the situations that its first minutes may bring: no server, no trust, two folders."""

import json
import os
import sys
from pathlib import Path

import pytest

from slm_lsp.models import bundled_model
from slm_lsp.models.store import Store
from tests.editors.harness.code_server import our_server
from tests.editors.harness.installed import needs
from tests.editors.harness.places import Place, type_until_shown
from tests.editors.harness.user import PATIENT
from tests.editors.harness.waiting import until
from tests.support.gguf_files import Gguf, with_text

needs("playwright")

QUESTION = "completes code with a small model on this machine"
# The venv module and pip need their time on a busy machine.
PATIENCE_S = 180


@pytest.fixture
def file(workspace: Path, place: Place) -> Path:
    file = workspace / "settings.py"
    file.write_text(place.text)
    return file


@pytest.fixture
def lending_python(tmp_path: Path) -> Path:
    """A Python whose environments have this one's packages: nothing is downloaded or compiled.

    The server itself is not lent: it comes from the wheel in the extension.
    """
    python = tmp_path / "python"
    (packages,) = {path for path in sys.path if path.endswith("site-packages")}
    python.write_text(
        f"""#!/bin/sh
{sys.executable} "$@" || exit
case " $* " in *" -m venv "*)
    for folder; do :; done
    echo {packages} > "$(echo "$folder"/lib/python3.*/site-packages)/lent.pth"
esac
"""
    )
    python.chmod(0o755)
    return python


def test_a_newcomer_sets_it_up_and_types(launch, vsix, show, workspace, lending_python) -> None:
    """The extension, installed from the menu, asks once; after "Not Now" a click on the status bar
    sets it up, with progress. Then ordinary lines are typed, with every setting as it comes, and a
    suggestion is taken.
    """
    file = workspace / "app.py"
    file.touch()
    path = [one for one in os.environ["PATH"].split(":") if not Path(one, "slm-lsp").exists()]
    code = launch(
        {"slm-lsp.python": str(lending_python)},
        config=PATIENT,
        PATH=":".join(path),
        PIP_NO_DEPS="1",
        PIP_NO_INDEX="1",
    )
    vscode = show(code, workspace, file)
    vscode.install_from_menu(vsix)
    until("it is off", lambda: "click here to set it up" in vscode.status_text())
    assert conspicuous(vscode), "the question may wait behind the bell"
    until("the question", lambda: QUESTION in " ".join(vscode.messages()))
    vscode.page.get_by_role("button", name="Not Now").click()
    until(
        "it went",
        lambda: QUESTION not in " ".join(vscode.notifications()) and not conspicuous(vscode),
    )

    vscode.reload()
    until("it is off", lambda: "click here to set it up" in vscode.status_text())
    assert QUESTION not in " ".join(vscode.messages())
    vscode.press("Escape")

    vscode.status.click()
    until("progress", lambda: "Setting up slm-lsp" in " ".join(vscode.messages()))
    until("ready", lambda: "slm-lsp: ready" in vscode.status_text(), PATIENCE_S)
    (environment,) = environments(code)
    assert (environment / "complete").read_text().endswith(".whl\n")
    vscode.go_to_end()
    ghost = type_until_shown(vscode.type, vscode.ghost)
    typed = vscode.saved()
    vscode.press("Tab")
    until(
        "it is taken", lambda: (text := vscode.saved()).startswith(typed) and len(text) > len(typed)
    )
    assert ghost


def environments(code) -> list[Path]:
    """All that was set up, and what is left of what was broken off."""
    return [
        one for one in code.home.rglob("globalStorage/slm-lsp.slm-lsp/server-*") if one.is_dir()
    ]


def test_an_environment_that_no_longer_works(
    launch, vsix, show, workspace, file, lending_python
) -> None:
    """Setting up again that fails leaves it as it is; one whose Python is gone is made anew; and
    the next version of the extension asks before it makes its own."""
    path = [one for one in os.environ["PATH"].split(":") if not Path(one, "slm-lsp").exists()]
    setting = {"slm-lsp.python": str(lending_python)}
    code = launch(setting, vsix, PATH=":".join(path), PIP_NO_DEPS="1", PIP_NO_INDEX="1")
    vscode = show(code, workspace, file)
    until("the question", lambda: QUESTION in " ".join(vscode.messages()))
    vscode.page.get_by_role("button", name="Set Up").click()
    until("ready", lambda: "slm-lsp: ready" in vscode.status_text(), PATIENCE_S)
    (environment,) = environments(code)

    lent = lending_python.read_text()
    lending_python.write_text("#!/bin/sh\necho 3 9\n")
    vscode.command("slm-lsp: Set Up")
    until("the cure", lambda: "install Python 3.11 or newer" in " ".join(vscode.messages()))
    vscode.wait_until_ready()
    assert environments(code) == [environment]
    vscode.command("Notifications: Clear All Notifications")

    python = environment / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    lending_python.write_text(lent)
    vscode.reload()
    until("the status bar says so", lambda: "slm-lsp: error" in vscode.status_text())
    said = [text for text in until("the message", vscode.messages) if "slm-lsp" in text]
    assert len(said) == 1 and "does not start any more" in said[0]
    vscode.press("Escape")
    vscode.status.click()
    until("ready", lambda: "slm-lsp: ready" in vscode.status_text(), PATIENCE_S)
    assert environments(code) == [environment]

    environment.rename(environment.with_name("server-0.0.1"))
    (package,) = code.extensions.glob("slm-lsp.*/package.json")
    package.write_text(package.read_text().replace('"version": "0.1.0"', '"version": "0.1.1"'))
    (code.extensions / "extensions.json").touch()
    vscode.reload()
    until("it asks", lambda: "slm-lsp was updated" in " ".join(vscode.messages()))


def conspicuous(vscode) -> bool:
    """Whether the status bar item is drawn on the colour of a warning."""
    item = vscode.page.locator("[id='slm-lsp.slm-lsp.slm-lsp.status']")
    return "warning-kind" in (item.get_attribute("class") or "")


def test_setting_up_that_fails_names_the_cure(launch, vsix, show, workspace, file, tmp_path):
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\necho 3 9\n")
    old.chmod(0o755)
    path = [one for one in os.environ["PATH"].split(":") if not Path(one, "slm-lsp").exists()]
    code = launch({"slm-lsp.python": str(old)}, vsix, PATH=":".join(path))
    vscode = show(code, workspace, file)
    until("it is off", lambda: "click here to set it up" in vscode.status_text())
    until("the question", lambda: QUESTION in " ".join(vscode.messages()))
    vscode.page.get_by_role("button", name="Set Up").click()
    until("the status bar says so", lambda: "slm-lsp: error" in vscode.status_text())
    cure = "install Python 3.11 or newer"
    until("the cure", lambda: cure in " ".join(vscode.messages()))


def test_no_server_where_the_setting_says(launch, vsix, show, workspace, file):
    code = launch({"slm-lsp.path": "/nowhere/slm-lsp"}, vsix)
    vscode = show(code, workspace, file)
    until("the status bar says so", lambda: "slm-lsp: error" in vscode.status_text())
    messages = [text for text in until("the message", vscode.messages) if "slm-lsp" in text]
    assert len(messages) == 1
    assert "/nowhere/slm-lsp" in messages[0] and "not found" in messages[0]


def test_a_server_that_ends_at_once(launch, vsix, show, workspace, file):
    """One message with what it said last, however often it was tried."""
    code = launch({"slm-lsp.path": "~/slm lsp, not é"}, vsix)
    program = code.home / "slm lsp, not é"
    program.write_text("#!/bin/sh\n[ $1 = --version ] && exit\necho no room for it >&2\nexit 3\n")
    program.chmod(0o755)
    vscode = show(code, workspace, file)
    until("the status bar says so", lambda: "no room for it" in vscode.status_text())
    vscode.page.wait_for_timeout(3000)  # for others that may come
    assert vscode.messages() == ["slm-lsp: The server did not start: no room for it"]


def test_picking_a_model(launch, vsix, show, workspace, file, tmp_path):
    """Whatever the server complains about; what belonged to the model before goes with it."""
    config = PATIENT + "[context]\nexclud = []\n"
    path = {"slm-lsp.model.path": "/nowhere/old.gguf"}
    code = launch({**our_server(), **path}, vsix, config=config)
    user = code.data / "User" / "settings.json"
    settings = json.loads(user.read_text()) | {"slm-lsp.model.adapter.sha256": "0" * 64}
    user.write_text(json.dumps(settings))
    store = Store(code.home / "data" / "slm-lsp" / "models")
    bundled = bundled_model().path
    store.add(with_text(bundled, tmp_path / "ours.gguf", "general.author", "us"), "ours")
    adapter = Gguf({"general.type": "adapter", "adapter.type": "lora"}, [])
    store.add(adapter.write(tmp_path / "habits.gguf"), "habits")
    vscode = show(code, workspace, file)
    until("the file is missed", lambda: "slm-lsp: error" in vscode.status_text())
    vscode.command("slm-lsp: Pick a Model")
    until("the models", lambda: "ours" in " ".join(vscode.choices()))
    assert len(vscode.choices()) == 3, "the bundled one is there once, and the adapter is none"
    assert "no choice of mine" in vscode.choices()[2]
    vscode.choose("ours")
    vscode.wait_until_ready()


def test_picking_the_bundled_model(launch, vsix, show, workspace, file, tmp_path):
    """It is a choice: also where the repository names another one."""
    code = launch(our_server(), vsix)
    store = Store(code.home / "data" / "slm-lsp" / "models")
    ours = with_text(bundled_model().path, tmp_path / "ours.gguf", "general.author", "us")
    sha256 = store.add(ours, "ours").sha256
    (workspace / "slm-lsp.toml").write_text(f'[model]\nname = "ours"\nsha256 = "{sha256}"\n')
    vscode = show(code, workspace, file)
    vscode.wait_until_ready()
    assert served(vscode) == sha256
    for label, model in (("bundled", bundled_model().sha256), ("no choice of mine", sha256)):
        vscode.command("slm-lsp: Pick a Model")
        until("the models", lambda: "ours" in " ".join(vscode.choices()))
        vscode.choose(label)
        until(f"{label} is served", lambda model=model: served(vscode) == model)


def served(vscode) -> str:
    """The sha256 of the model that serves, by the statistics; "" while it loads."""
    box = vscode.page.locator(".quick-input-widget")
    until("the last list has gone", lambda: not box.is_visible())
    vscode.command("slm-lsp: Show Statistics")
    until("so has this one", lambda: not box.is_visible())
    until("the statistics", lambda: "Since the server started" in vscode.shown_text())
    _, _, behind = vscode.shown_text().partition("sha256")
    return behind.split()[0] if behind else ""


def test_a_folder_that_is_not_trusted(launch, vsix, show, workspace, file, place):
    """Its settings count only once it is trusted; completion works before."""
    folder = workspace / ".vscode"
    folder.mkdir()
    (folder / "settings.json").write_text(json.dumps({"slm-lsp.completion.enabled": False}))
    trust = {"security.workspace.trust.enabled": True}
    prompt = {f"security.workspace.trust.{name}": "never" for name in ("startupPrompt", "banner")}
    code = launch({**our_server(), **trust, **prompt}, vsix, trust=True)
    vscode = show(code, workspace, file)
    vscode.wait_until_ready()
    assert "Restricted Mode" in (vscode.page.locator(".statusbar").text_content() or "")
    vscode.go_to_end()
    vscode.type(place.key)
    assert vscode.wait_for_ghost()
    vscode.command("Workspaces: Manage Workspace Trust")
    vscode.page.get_by_role("button", name="Trust", exact=True).click()
    until("its settings count", lambda: "slm-lsp: off" in vscode.status_text())
