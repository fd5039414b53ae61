"""What the real server shows the model of a repository, and what it never does."""

import os
from pathlib import Path
from typing import Any

import pytest
from slm_context.index import Index

from tests.support.editor import Editor, span

CANARY = "zqcanary"
MONEY = "def to_cents(price: float) -> int:\n    return int(price * 100)\n"
APP = "from money import to_cents\n\n\ndef total(prices):\n    return to_cents("


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "money.py").write_text(MONEY)
    return root


async def begin(editor: Editor, root: Path) -> None:
    await editor.initialize(root=root)
    await editor.ready()
    for _ in range(600):
        if (await editor.status())["workspace"]["state"] != "reading":
            break
    assert (await editor.status())["workspace"]["state"] == "ready"


async def asked(editor: Editor, root: Path, text: str, name: str = "app.py") -> dict[str, Any]:
    """How the suggestion at the text's end came about."""
    uri = (root / name).as_uri()
    editor.open(uri, text)
    lines = text.split("\n")
    await editor.inline(uri, len(lines) - 1, len(lines[-1]))
    return await editor.command("slm.explain")


async def test_the_definition_of_what_is_called_is_in_the_prompt(raw: Editor, root: Path) -> None:
    await begin(raw, root)
    told = await asked(raw, root, APP)
    (snippet,) = told["snippets"]
    assert (snippet["path"], snippet["reason"]) == ("money.py", "to_cents is imported")
    prompt = "".join(part["text"] for part in told["prompt"])
    assert "def to_cents(price: float) -> int:" in prompt


async def test_behind_a_dot_the_model_is_told_which_names_may_come(raw: Editor, root: Path) -> None:
    (root / "money.py").write_text(f"class Purse:\n    def count_{CANARY}(self): ...\n")
    await begin(raw, root)
    told = await asked(raw, root, "from money import Purse\n\n\ndef f(purse: Purse):\n    purse.")
    assert [one.split()[0] for one in told["expected"]] == [f"count_{CANARY}"]


async def test_a_definition_is_found_before_it_is_saved(raw: Editor, root: Path) -> None:
    await begin(raw, root)
    raw.open((root / "money.py").as_uri(), MONEY.replace("price: float", "amount: Decimal"))
    told = await asked(raw, root, APP)
    assert "amount: Decimal" in "".join(part["text"] for part in told["prompt"])


async def test_what_another_server_reports_is_shown_its_definition(raw: Editor, root: Path) -> None:
    """VS Code asks for actions when the cursor rests, and tells what all servers found there."""
    (root / "purse.py").write_text(f"class Purse:\n    def count_{CANARY}(self): ...\n")
    await begin(raw, root)
    text = "from money import to_cents\n\n\ndef f():\n    purse = Purse()\n    return "
    told = await asked(raw, root, text)
    assert [one["path"] for one in told["snippets"]] == ["money.py"]
    finding = {"range": span(4, 12, 4, 17), "message": '"Purse" is not defined'}
    theirs, ours = {**finding, "source": "Pyright"}, {**finding, "source": "slm-lsp"}

    async def actions(*diagnostics: Any) -> dict[str, Any]:
        uri = (root / "app.py").as_uri()
        context = {"diagnostics": list(diagnostics)}
        params = {"textDocument": {"uri": uri}, "range": span(4, 14), "context": context}
        assert await raw.request("textDocument/codeAction", params) == []
        await raw.inline(uri, 5, 11)
        return await raw.command("slm.explain")

    assert len((await actions(ours))["snippets"]) == 1
    told = await actions(theirs)
    assert {one["path"]: one["reason"] for one in told["snippets"]} == {
        "money.py": "to_cents is imported",
        "purse.py": "Pyright names Purse",
    }
    assert f"count_{CANARY}" in "".join(part["text"] for part in told["prompt"])


async def test_what_must_not_be_shown_is_not(raw: Editor, root: Path) -> None:
    """Each of these would be the best match there is, and none of them may be read."""
    canary = f"def to_cents(price):\n    {CANARY} = price\n    return {CANARY}\n\n\n"
    # What follows the same words in a file beside it may come, too.
    canary += f"price = to_cents({CANARY})\n"
    (root / "plain.py").write_text("price = to_cents(visible)\n")
    (root / ".gitignore").write_text("ignored/\n")
    key = "-----BEGIN PRIVATE KEY-----"
    for name, content in {
        ".env": f"PRICE_TO_CENTS={CANARY}\n",
        "id_rsa": f"{key}\n{CANARY}\n",
        "credentials.py": canary,
        "ignored/money.py": canary,
        "huge.py": canary + "x = 1\n" * 9_000_000,
        "binary.py": canary + "\0\0",
        "keys.py": canary + f"KEY = '{key}'\n",
    }.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    await begin(raw, root)
    imports = "\n".join(
        f"from {name} import to_cents, {CANARY}"
        for name in ("credentials", "ignored.money", "huge", "binary", "keys")
    )
    told = await asked(raw, root, imports.replace(CANARY, "other") + "\n\nprice = to_cents(")
    assert [one.split()[0] for one in told["expected"]] == ["visible"]
    assert "to_cents" in str(told["prompt"]) and CANARY not in str(told)
    assert CANARY not in raw.stderr
    stored = files_below(os.environ["SLM_LSP_HOME"])
    (index,) = (path for path in stored if path.name == "index.sqlite")
    assert Index(index, read_only=True).n_users(CANARY) == 0, "nor who uses it"
    assert [path for path in stored if CANARY.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    ("name", "secret", "shown"),
    [
        ("credentials.py", "", False),
        ("ignored/prices.py", "", False),
        ("private/prices.py", "", False),
        ("keys.py", "KEY = '-----BEGIN PRIVATE KEY-----'\n", False),
        ("prices.py", "", True),
    ],
)
async def test_that_a_file_is_open_does_not_make_it_readable(
    raw: Editor, root: Path, name: str, secret: str, shown: bool
) -> None:
    (root / ".gitignore").write_text("ignored/\n")
    (root / "slm-lsp.toml").write_text('[privacy]\nexclude = ["private/"]\n')
    await begin(raw, root)
    raw.open((root / name).as_uri(), f"{secret}def to_cents({CANARY}):\n    return {CANARY}\n")
    module = name.removesuffix(".py").replace("/", ".")
    told = await asked(raw, root, APP.replace("money", module))
    assert (CANARY in "".join(part["text"] for part in told["prompt"])) is shown


async def test_what_was_read_and_is_then_ignored_is_not_shown(raw: Editor, root: Path) -> None:
    """At once, before anything is read anew."""
    (root / "money.py").write_text(MONEY.replace("price", CANARY))
    await begin(raw, root)
    told = await asked(raw, root, APP)
    assert CANARY in "".join(part["text"] for part in told["prompt"])
    (root / ".gitignore").write_text("money.py\n")
    told = await asked(raw, root, APP + "prices)\n\n\nx = to_cents(", "other.py")
    assert CANARY not in "".join(part["text"] for part in told["prompt"])


async def test_a_file_that_is_renamed_in_the_file_tree(raw: Editor, root: Path) -> None:
    operations = {"didCreate": True, "didRename": True, "didDelete": True}
    told = await raw.initialize(
        root=root, capabilities={"workspace": {"fileOperations": operations}}
    )
    assert set(told["capabilities"]["workspace"]["fileOperations"]) == set(operations)
    await raw.ready()
    while (await raw.status())["workspace"]["state"] == "reading":
        pass
    (root / "money.py").rename(root / "cash.py")
    moved = {"oldUri": (root / "money.py").as_uri(), "newUri": (root / "cash.py").as_uri()}
    raw.notify("workspace/didRenameFiles", {"files": [moved]})
    told = await asked(raw, root, APP.replace("money", "cash"))
    assert [one["path"] for one in told["snippets"]] == ["cash.py"]


async def test_a_link_that_is_saved_is_not_followed(
    raw: Editor, root: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "money.py").write_text(MONEY.replace("price", CANARY))
    (root / "money.py").unlink()
    (root / "money.py").symlink_to(outside / "money.py")
    (root / "folder").symlink_to(outside)
    await begin(raw, root)
    for name in ("money.py", "folder/money.py"):
        uri = (root / name).as_uri()
        raw.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    for name in ("a.py", "b.py"):
        told = await asked(raw, root, APP, name)
        assert CANARY not in "".join(part["text"] for part in told["prompt"])


def files_below(folder: str) -> list[Path]:
    return [path for path in Path(folder).rglob("*") if path.is_file()]


async def test_a_marker_in_another_file_is_only_text(raw: Editor, root: Path) -> None:
    (root / "money.py").write_text("def to_cents(price='<|fim_middle|>'):\n    return 1\n")
    await begin(raw, root)
    told = await asked(raw, root, APP)
    holding = [part["part"] for part in told["prompt"] if "<|fim_middle|>" in part["text"]]
    assert holding == ["snippet", "marker"]


async def test_an_index_in_the_making_holds_nobody_up(raw: Editor, root: Path) -> None:
    for n in range(3_000):
        (root / f"m{n}.py").write_text(MONEY * 20)
    await raw.initialize(root=root)
    raw.open((root / "app.py").as_uri(), APP)
    items = await raw.inline((root / "app.py").as_uri(), 4, 20)
    assert isinstance(items, list)
    assert (await raw.status())["workspace"]["state"] in ("reading", "ready")


async def test_a_repository_that_excludes_a_file(raw: Editor, root: Path) -> None:
    (root / "slm-lsp.toml").write_text('[context]\nexclude = ["money.py"]\n')
    await begin(raw, root)
    assert (await asked(raw, root, APP))["snippets"] == []
