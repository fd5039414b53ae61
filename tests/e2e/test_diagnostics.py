"""Squiggles, fixes and dismissals through the real command."""

from typing import Any

import pytest

from tests.e2e.conftest import OFF
from tests.support.editor import Editor, span

URI = "file:///work/app.py"
GOOD = "def area(width, height):\n    return width * height\n"
PULLS = {
    "textDocument": {"diagnostic": {}},
    "workspace": {"diagnostics": {"refreshSupport": True}},
}


async def begin(editor: Editor, capabilities: dict[str, Any]) -> Any:
    return await editor.initialize(options=OFF, capabilities=capabilities)


async def pull(editor: Editor, **more: str) -> Any:
    params = {"textDocument": {"uri": URI}, **more}
    return await editor.request("textDocument/diagnostic", params)


def refreshes(editor: Editor) -> int:
    return sum(one["method"] == "workspace/diagnostic/refresh" for one in editor.requests)


def published(editor: Editor) -> list[Any]:
    return [
        one["params"]
        for one in editor.notifications
        if one["method"] == "textDocument/publishDiagnostics"
    ]


@pytest.mark.e2e
async def test_a_client_that_pulls(raw: Editor) -> None:
    editor = raw
    answer = await begin(editor, PULLS)
    assert answer["capabilities"]["diagnosticProvider"]["identifier"] == "slm-lsp"
    editor.open(URI, GOOD)
    first = await pull(editor)
    assert first["kind"] == "full" and first["items"] == []
    again = await pull(editor, previousResultId=first["resultId"])
    assert again["kind"] == "unchanged"

    editor.change(URI, {"range": span(1, 16, 1, 16), "text": "("})
    editor.notify("textDocument/didSave", {"textDocument": {"uri": URI}})
    await editor.wait_until(lambda: refreshes(editor))
    [found] = (await pull(editor, previousResultId=first["resultId"]))["items"]
    assert found["code"] == "syntax" and found["severity"] == 1
    assert found["codeDescription"]["href"].endswith("syntax.md")
    assert found["range"] == span(1, 16, 1, 17)

    params = {
        "textDocument": {"uri": URI},
        "range": found["range"],
        "context": {"diagnostics": [found]},
    }
    actions = await editor.request("textDocument/codeAction", params)
    assert [one["title"] for one in actions][0] == "Insert `)`"
    [change] = actions[0]["edit"]["documentChanges"]
    assert change["textDocument"]["version"] == 2
    assert not published(editor)


@pytest.mark.e2e
@pytest.mark.parametrize(
    "text", ["%matplotlib inline\n", "data = await fetch()\n", "values = 1\nprint(valeus)\n"]
)
async def test_a_cell_of_a_notebook_has_no_squiggles(raw: Editor, text: str) -> None:
    await begin(raw, {"textDocument": {"diagnostic": {}}})
    cell = "vscode-notebook-cell:/work/app.ipynb#W0sZmlsZQ%3D%3D"
    for uri, wrong in ((URI, True), (cell, False)):
        raw.open(uri, "")
        raw.change(uri, {"text": text + "\n\n"})
        raw.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        params = {"textDocument": {"uri": uri}}
        report = await raw.request("textDocument/diagnostic", params)
        assert bool(report["items"]) is wrong


@pytest.mark.e2e
async def test_a_client_that_does_not_pull_and_a_dismissal(raw: Editor) -> None:
    editor = raw
    await begin(editor, {})
    editor.open(URI, GOOD)
    editor.change(URI, {"range": span(1, 11, 1, 16), "text": "widht"})
    editor.notify("textDocument/didSave", {"textDocument": {"uri": URI}})
    await editor.wait_until(lambda: published(editor))
    shown = published(editor)[-1]
    assert shown["version"] == 2
    [found] = shown["diagnostics"]
    assert (found["code"], found["severity"]) == ("misspelt-name", 2)
    params = {
        "textDocument": {"uri": URI},
        "range": found["range"],
        "context": {"diagnostics": [found]},
    }
    actions = await editor.request("textDocument/codeAction", params)
    assert [one["title"] for one in actions] == [
        "Change to `width`",
        "Not a bug (remember)",
        "Turn off `misspelt-name` on this machine",
    ]
    command = actions[1]["command"]
    await editor.command(command["command"], *command["arguments"])
    await editor.wait_until(lambda: published(editor)[-1]["diagnostics"] == [])
