"""Settings of the editor and of the repository, as they are and as they change."""

from pathlib import Path

import pytest

from tests.e2e.conftest import END, TEXT, URI
from tests.support.editor import Editor, shown_messages


async def test_switching_completion_off_and_on(typed: Editor) -> None:
    off = {"settings": {"slm-lsp": {"completion": {"enabled": False}}}}
    typed.notify("workspace/didChangeConfiguration", off)
    await typed.wait_until(lambda: typed.last_state == "off")
    assert await typed.inline(URI, *END) == []
    typed.notify("workspace/didChangeConfiguration", {"settings": {"slm-lsp": {}}})
    await typed.wait_until(lambda: typed.last_state == "ready")
    assert await typed.inline(URI, *END)


async def test_settings_of_the_repository(raw: Editor, tmp_path: Path) -> None:
    (tmp_path / "slm-lsp.toml").write_text("[completion]\nmax_line_tokens = 1\nn_candidates = 1\n")
    await raw.initialize(root=tmp_path)
    await raw.ready()
    raw.open((tmp_path / "area.py").as_uri(), TEXT)
    await raw.inline((tmp_path / "area.py").as_uri(), *END)
    assert (await raw.status())["counters"]["predicted_tokens"] == 1


async def test_settings_that_are_no_news_change_nothing(typed: Editor) -> None:
    """Neovim sends an empty object, VS Code null, and some clients everybody's settings."""
    for settings in ({}, None, {"other-server": {"completion": {"enabled": False}}}):
        typed.notify("workspace/didChangeConfiguration", {"settings": settings})
    assert await typed.inline(URI, *END)


async def test_a_client_that_wants_to_be_asked_for_its_settings(raw: Editor) -> None:
    raw.answers["workspace/configuration"] = [{"completion": {"enabled": False}}]
    await raw.initialize(capabilities={"workspace": {"configuration": True}})
    await raw.ready()
    raw.notify("workspace/didChangeConfiguration", {"settings": None})
    await raw.wait_until(lambda: raw.last_state == "off")


@pytest.mark.parametrize("event", ["saved", "opened", "watched"])
async def test_settings_files_are_read_again_when_they_change(
    raw: Editor, tmp_path: Path, event: str
) -> None:
    """Nothing is registered for it: not every client can, and some break when they are asked."""
    await raw.initialize(root=tmp_path)
    await raw.ready()
    path = tmp_path / "slm-lsp.toml"
    path.write_text("[completion]\nenabled = false\n")
    if event == "saved":
        raw.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})
    elif event == "opened":
        raw.open((tmp_path / "area.py").as_uri(), TEXT)
    else:
        changes = {"changes": [{"uri": path.as_uri(), "type": 1}]}
        raw.notify("workspace/didChangeWatchedFiles", changes)
    await raw.wait_until(lambda: raw.last_state == "off")
    assert raw.requests == []


async def test_settings_files_that_change_behind_the_editor_s_back(
    raw: Editor, tmp_path: Path
) -> None:
    """A `git pull` in a terminal: no document is opened or saved, and nobody tells."""
    await raw.initialize(root=tmp_path)
    await raw.ready()
    path = tmp_path / "slm-lsp.toml"
    path.write_text("[completion]\nenabled = false\n")
    await raw.wait_until(lambda: raw.last_state == "off")
    replacement = tmp_path / "slm-lsp.toml.new"
    replacement.write_text("[completion]\nenabled = true\n")
    replacement.replace(path)
    await raw.wait_until(lambda: raw.last_state == "ready")
    path.write_text("[completion\nenabled = false\n")  # broken in mid-edit
    await raw.wait_until(lambda: bool(shown_messages(raw)))
    path.write_text("[completion\nenabled = fals\n")
    (message,) = shown_messages(raw)
    assert message.startswith("slm-lsp.toml:1:12: not valid TOML") and "stay in force" in message
    assert raw.last_state == "ready"


async def test_what_is_wrong_with_the_settings_is_said_at_the_start(
    raw: Editor, tmp_path: Path
) -> None:
    (tmp_path / "slm-lsp.toml").write_text("[completion]\nenabeld = false\n")
    await raw.initialize(root=tmp_path)
    await raw.wait_until(lambda: bool(shown_messages(raw)))
    assert shown_messages(raw) == [
        "slm-lsp.toml:2:1: unknown key `enabeld`, did you mean `enabled`?"
    ]


async def test_a_model_that_is_not_there_is_said_once(raw: Editor, tmp_path: Path) -> None:
    missing = {"slm-lsp": {"model": {"path": str(tmp_path / "gone.gguf")}}}
    await raw.initialize(options=missing)
    await raw.wait_until(lambda: raw.last_state == "error")
    status = await raw.status()
    assert "gone.gguf" in status["message"]
    raw.open(URI, TEXT)
    assert await raw.inline(URI, *END) == []
