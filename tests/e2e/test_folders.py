"""Several workspace folders in one session: each with its own settings, repository and rules."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from slm_lsp.paths import path_of
from tests.support.editor import PATIENCE_S, Editor, shown_messages

# The same module, with another function, in each folder.
LIBRARY = "def to_{name}(price: float) -> int:\n    return int(price * 100)\n"
APP = "from money import to_{name}\n\n\ndef total(prices):\n    return to_{name}("


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    roots = [tmp_path / name for name in ("cents", "pennies")]
    for root in roots:
        (root / ".git").mkdir(parents=True)
        (root / "money.py").write_text(LIBRARY.format(name=root.name))
    return roots


def as_lsp(*roots: Path) -> list[dict[str, str]]:
    return [{"uri": root.as_uri(), "name": root.name} for root in roots]


async def begin(editor: Editor, *roots: Path, options: Any = None) -> None:
    await editor.initialize(options=options, workspaceFolders=as_lsp(*roots))
    await read(editor)


async def read(editor: Editor) -> None:
    """Wait until every repository is read."""
    async with asyncio.timeout(PATIENCE_S):
        while "reading" in (states := await states_of(editor)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert states <= {"ready"}


async def until_states(editor: Editor, *wanted: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while [one["state"] for one in (await editor.status())["folders"]] != [*wanted]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def states_of(editor: Editor) -> set[str]:
    return {folder["state"] for folder in (await editor.status())["folders"]}


async def move(editor: Editor, added: list[Path], removed: list[Path]) -> None:
    event = {"added": as_lsp(*added), "removed": as_lsp(*removed)}
    editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    await read(editor)


async def asked(editor: Editor, file: Path, text: str) -> dict[str, Any]:
    """How the suggestion at the text's end came about."""
    editor.open(file.as_uri(), text)
    lines = text.split("\n")
    await editor.inline(file.as_uri(), len(lines) - 1, len(lines[-1]))
    told = await editor.command("slm.explain")
    assert told["uri"] == file.as_uri()
    return told


def prompt(told: dict[str, Any]) -> str:
    return "".join(part["text"] for part in told["prompt"])


async def test_each_document_gets_its_own_repository(raw: Editor, folders: list[Path]) -> None:
    await begin(raw, *folders)
    for root, other in (folders, reversed(folders)):
        told = await asked(raw, root / "app.py", APP.format(name=root.name))
        assert [one["path"] for one in told["snippets"]] == ["money.py"]
        assert f"def to_{root.name}(price: float)" in prompt(told)
        assert f"def to_{other.name}" not in prompt(told)


async def test_folders_come_and_go(raw: Editor, folders: list[Path]) -> None:
    first, second = folders
    await begin(raw, first)
    assert (await asked(raw, second / "app.py", APP.format(name=second.name)))["snippets"] == []
    await move(raw, [second], [])
    told = await asked(raw, second / "main.py", APP.format(name=second.name))
    assert [one["path"] for one in told["snippets"]] == ["money.py"]
    await move(raw, [], [second])
    assert [one["path"] for one in (await raw.status())["folders"]] == [str(first)]
    told = await asked(raw, second / "more.py", APP.format(name=second.name))
    assert "def to_pennies" not in prompt(told)


async def test_each_document_gets_its_own_settings(raw: Editor, folders: list[Path]) -> None:
    first, second = folders
    (second / "slm-lsp.toml").write_text("[completion]\nenabled = false\n")
    await begin(raw, *folders)
    text = APP.format(name=first.name)
    file = (second / "app.py").as_uri()
    raw.open(file, text)
    before = (await raw.status())["counters"]["requests"]
    assert await raw.inline(file, 4, len(text.split("\n")[-1])) == []
    assert (await raw.status())["counters"]["requests"] == before, "nothing is asked of the model"
    assert (await asked(raw, first / "app.py", text))["prompt"]
    # Saved by somebody else, and noticed when a document is opened.
    (second / "slm-lsp.toml").write_text("[context]\nenabled = false\n")
    told = await asked(raw, second / "other.py", APP.format(name=second.name))
    assert told["prompt"] and told["snippets"] == []
    assert (await asked(raw, first / "other.py", text))["snippets"]


def answering(raw: Editor, own: dict[Path | None, Any]) -> None:
    """The editor says this when it is asked for the settings of a folder, or of none."""

    def answer(params: Any) -> list[Any]:
        assert {item["section"] for item in params["items"]} == {"slm-lsp"}
        scopes = [item.get("scopeUri") for item in params["items"]]
        return [own.get(path_of(scope) if scope else None) for scope in scopes]

    raw.answers["workspace/configuration"] = answer


ASKED = {"workspace": {"configuration": True}}


async def test_the_editor_has_settings_for_one_folder(raw: Editor, folders: list[Path]) -> None:
    first, second = folders
    own: dict[Path | None, Any] = {second: {"context": {"enabled": False}}}
    answering(raw, own)
    await raw.initialize(workspaceFolders=as_lsp(*folders), capabilities=ASKED)
    await until_states(raw, "ready", "off")
    told = await asked(raw, second / "app.py", APP.format(name=second.name))
    assert told["prompt"] and told["snippets"] == []
    assert (await asked(raw, first / "app.py", APP.format(name=first.name)))["snippets"]
    # It goes, and the folder is like the others again.
    own.clear()
    raw.notify("workspace/didChangeConfiguration", {"settings": {"slm-lsp": {}}})
    await until_states(raw, "ready", "ready")
    assert (await asked(raw, second / "b.py", APP.format(name=second.name)))["snippets"]


async def test_a_folder_that_comes_brings_its_settings(raw: Editor, folders: list[Path]) -> None:
    first, second = folders
    answering(raw, {second: {"context": {"enabled": False}}})
    await raw.initialize(workspaceFolders=as_lsp(first), capabilities=ASKED)
    await until_states(raw, "ready")
    event = {"added": as_lsp(second), "removed": []}
    raw.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    await until_states(raw, "ready", "off")


async def test_a_mistake_in_one_folder_s_settings_names_the_folder(
    raw: Editor, folders: list[Path]
) -> None:
    general = {"completion": {"enabled": False}, "context": {"max_snippets": -1}}
    answering(raw, {folders[0]: general, folders[1]: {"completion": {"enabled": 3}}})
    await raw.initialize(
        options={"slm-lsp": general}, workspaceFolders=as_lsp(*folders), capabilities=ASKED
    )
    await raw.wait_until(lambda: len(shown_messages(raw)) == 2)
    said = shown_messages(raw)
    assert said[0].startswith("editor settings: context.max_snippets: ")
    assert said[1].startswith("editor settings for pennies: completion.enabled: ")


@pytest.mark.parametrize(
    "answer", [None, 3, [], [{"context": {"enabled": False}}], ["no", 1]], ids=str
)
async def test_answers_that_fit_no_question(raw: Editor, folders: list[Path], answer: Any) -> None:
    raw.answers["workspace/configuration"] = answer
    await raw.initialize(workspaceFolders=as_lsp(*folders), capabilities=ASKED)
    await raw.wait_until(lambda: raw.requests)
    await until_states(raw, "ready", "ready")
    assert (await raw.status())["complaints"] == []


async def test_each_document_gets_its_own_diagnostics(raw: Editor, folders: list[Path]) -> None:
    first, second = folders
    (second / "slm-lsp.toml").write_text("[diagnostics]\nsyntax = false\n")
    await begin(raw, *folders, options={"slm-lsp": {"completion": {"enabled": False}}})
    for root in folders:
        raw.open((root / "a.py").as_uri(), "def f(x):\n    return (x\n")
    found = {(first / "a.py").as_uri(): 1}

    def published() -> dict[str, int]:
        return {
            one["params"]["uri"]: len(one["params"]["diagnostics"])
            for one in raw.notifications
            if one["method"] == "textDocument/publishDiagnostics" and one["params"]["diagnostics"]
        }

    await raw.wait_until(lambda: published() == found)
    # It becomes the first one's, and the finding comes with it.
    await move(raw, [], [second])
    found[(second / "a.py").as_uri()] = 1
    await raw.wait_until(lambda: published() == found)


async def test_a_folder_says_what_others_may_quote(raw: Editor, folders: list[Path]) -> None:
    first, second = folders
    (second / "slm-lsp.toml").write_text('[privacy]\nexclude = ["customers.py"]\n')
    (second / ".gitignore").write_text("local.py\n")
    await begin(raw, *folders)
    similar = "def total(prices):\n    {name} = 1\n    return to_cents(sum(prices) + {name})\n"
    for name in ("customers", "local", "shared"):
        raw.open((second / f"{name}.py").as_uri(), similar.format(name=f"canary_{name}"))
    told = await asked(raw, first / "app.py", APP.format(name=first.name))
    assert "canary_shared" in prompt(told), "what is open is quoted across folders"
    assert "canary_customers" not in prompt(told)
    assert "canary_local" not in prompt(told)
    assert "../pennies/shared.py" in [one["path"] for one in told["snippets"]]


async def test_a_folder_inside_of_another(raw: Editor, folders: list[Path]) -> None:
    """The inner one has its files, and says what the outer one may read of them."""
    outer, inner = folders[0], folders[0] / "packages" / "inner"
    inner.mkdir(parents=True)
    (inner / "money.py").write_text(LIBRARY.format(name="inner"))
    (inner / "private.py").write_text(LIBRARY.format(name="private"))
    (inner / "slm-lsp.toml").write_text('[privacy]\nexclude = ["private.py"]\n')
    await begin(raw, outer, inner)
    told = await asked(raw, inner / "app.py", APP.format(name="inner"))
    assert [one["path"] for one in told["snippets"]] == ["money.py"]
    told = await asked(raw, outer / "app.py", APP.format(name="private"))
    assert "def to_private" not in prompt(told)
    files = [folder["files"] for folder in (await raw.status())["folders"]]
    assert files == [2, 1]


async def test_a_file_outside_of_all_folders(raw: Editor, folders: list[Path]) -> None:
    """Nothing is read for it; what is open may be quoted."""
    await begin(raw, *folders)
    text = APP.format(name="cents")
    alone = folders[0].parent / "alone.py"
    assert (await asked(raw, alone, text))["snippets"] == []
    raw.open((folders[0] / "money.py").as_uri(), (folders[0] / "money.py").read_text())
    told = await asked(raw, alone.with_name("lonely.py"), text)
    assert [one["path"] for one in told["snippets"]] == ["../cents/money.py"]


async def test_the_model_follows_the_person(raw: Editor, folders: list[Path]) -> None:
    """A folder that pins a model gets this one or none, and never keeps another from its own."""
    first, second = folders
    (second / "slm-lsp.toml").write_text(f'[model]\nname = "theirs"\nsha256 = "{"0" * 64}"\n')
    await begin(raw, *folders)
    await raw.ready()
    text = APP.format(name=first.name)
    raw.open((second / "app.py").as_uri(), text)
    assert await raw.inline((second / "app.py").as_uri(), 4, 20) == []
    status = await raw.status()
    assert status["state"] == "error" and "theirs" in status["message"]
    assert (await asked(raw, first / "app.py", text))["prompt"]
    assert (await raw.status())["state"] == "ready"
    # What lies in no folder takes what is there.
    pid = (await raw.status())["worker"]["pid"]
    assert (await asked(raw, first.parent / "alone.py", text))["prompt"]
    assert (await raw.status())["worker"]["pid"] == pid
