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
    (environment,) = code.home.rglob("server-*/complete")
    assert environment.read_text().endswith(".whl\n")
    vscode.go_to_end()
    ghost = type_until_shown(vscode.type, vscode.ghost)
    typed = vscode.saved()
    vscode.press("Tab")
    until(
        "it is taken", lambda: (text := vscode.saved()).startswith(typed) and len(text) > len(typed)
    )
    assert ghost


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
    assert len(vscode.choices()) == 2, "the bundled one is there once, and the adapter is none"
    vscode.choose("ours")
    vscode.wait_until_ready()


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
