"""The editor's progress display, while the model loads and while the repository is read."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import OFF
from tests.support.editor import Editor

CAN = {"window": {"workDoneProgress": True}}
N_FILES = 120


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    for n in range(N_FILES):
        (root / f"file_{n}.py").write_text(f"def function_{n}(value):\n    return value + {n}\n")
    return root


def told(editor: Editor) -> list[dict[str, Any]]:
    return [n["params"] for n in editor.notifications if n["method"] == "$/progress"]


def kinds(editor: Editor) -> list[str]:
    return [one["value"]["kind"] for one in told(editor)]


async def reading_is_over(editor: Editor) -> None:
    async with asyncio.timeout(120):
        while (await editor.status())["workspace"]["state"] == "reading":  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_progress_and_status_while_the_model_loads(raw: Editor) -> None:
    await raw.initialize(capabilities=CAN)
    await raw.ready()
    states = [n["params"]["state"] for n in raw.notifications if n["method"] == "slm/status"]
    assert (states[0], states[-1]) == ("loading", "ready")
    await raw.wait_until(lambda: "end" in kinds(raw))
    assert raw.requests[0]["method"] == "window/workDoneProgress/create"
    assert kinds(raw)[0] == "begin"
    assert kinds(raw).count("end") == 1


async def test_each_loading_has_a_progress_of_its_own(raw: Editor) -> None:
    """Clients refuse a token that they have seen before."""
    await raw.initialize(capabilities=CAN)
    await raw.ready()
    await raw.wait_until(lambda: kinds(raw).count("end") == 1)
    await raw.command("slm.restart")
    await raw.wait_until(lambda: kinds(raw).count("end") == 2)
    tokens = [request["params"]["token"] for request in raw.requests]
    assert len(tokens) == len(set(tokens)) == 2


async def test_clients_without_progress_are_not_asked_for_it(suggesting: Editor) -> None:
    assert suggesting.requests == []
    assert kinds(suggesting) == []


async def test_reading_a_repository_shows_how_far_it_is(raw: Editor, root: Path) -> None:
    await raw.initialize(root=root, capabilities=CAN, options=OFF)
    await raw.wait_until(lambda: told(raw) and told(raw)[-1]["value"]["kind"] == "end")
    values = [one["value"] for one in told(raw)]
    assert kinds(raw).count("begin") == 1
    assert values[0]["title"] == "slm-lsp: reading the repository"
    assert values[0]["message"].endswith(f" of {N_FILES} files")
    percents = [value["percentage"] for value in values[:-1]]
    assert percents == sorted(percents) and all(0 <= percent <= 100 for percent in percents)
    (request,) = raw.requests
    assert request["method"] == "window/workDoneProgress/create"
    assert {one["token"] for one in told(raw)} == {request["params"]["token"]}


async def test_an_unchanged_repository_shows_nothing(raw: Editor, root: Path) -> None:
    async with Editor.start() as first:
        await first.initialize(root=root, options=OFF)
        await reading_is_over(first)
    await raw.initialize(root=root, capabilities=CAN, options=OFF)
    await reading_is_over(raw)
    assert raw.requests == [] and told(raw) == []


async def test_a_client_without_progress_is_not_asked_for_it(raw: Editor, root: Path) -> None:
    await raw.initialize(root=root, options=OFF)
    await reading_is_over(raw)
    assert raw.requests == [] and told(raw) == []


async def test_a_display_does_not_stay_on_a_reading_that_was_ended(raw: Editor, root: Path) -> None:
    await raw.initialize(root=root, capabilities=CAN, options=OFF)
    await raw.wait_until(lambda: told(raw))
    context_off = {"completion": {"enabled": False}, "context": {"enabled": False}}
    raw.notify("workspace/didChangeConfiguration", {"settings": {"slm-lsp": context_off}})
    await raw.wait_until(lambda: told(raw)[-1]["value"]["kind"] == "end")
