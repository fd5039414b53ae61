"""One repository for as long as it is open: read by the real process, asked, and read again."""

import asyncio
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from slm_context.cursor import DocumentContext
from slm_context.index import Index

from slm_lsp.settings import ContextSettings, Settings
from slm_lsp.workspace import service
from slm_lsp.workspace.knowledge import Knowledge
from slm_lsp.workspace.read_all import index_file, read_all
from slm_lsp.workspace.scan import Rules
from slm_lsp.workspace.service import Workspace
from tests.workspace.conftest import ASKING, CODE


async def reading(root: Path, settings: Settings | None = None) -> Workspace:
    workspace = Workspace(root, settings or Settings())
    workspace.start()
    await workspace.settled()
    return workspace


async def snippets(workspace: Workspace, asking: str = ASKING) -> dict[str, str]:
    document = DocumentContext("app.py", "python", asking, len(asking))
    bundle = await workspace.gather(document, ())
    return {one.path: one.text for one in bundle.snippets}


async def test_a_repository_is_read_and_told_of(root: Path) -> None:
    told: list[tuple[int, int]] = []
    workspace = Workspace(root, Settings(), lambda done, of: told.append((done, of)))
    workspace.start()
    await workspace.settled()
    assert await snippets(workspace) == {"shop/money.py": "def to_cents(price):\n"}
    assert told[0] == (0, 2) and told[-2:] == [(2, 2), (0, 0)]
    assert workspace.state["state"] == "ready" and workspace.state["files"] == 2
    await workspace.close()


async def test_a_saved_file_is_read_again(root: Path) -> None:
    workspace = await reading(root)
    (root / "shop" / "money.py").write_text(CODE.replace("price", "amount"))
    await workspace.changed([root / "shop" / "money.py"])
    assert (await snippets(workspace))["shop/money.py"] == "def to_cents(amount):\n"
    (root / "shop" / "money.py").unlink()
    await workspace.changed([root / "shop" / "money.py"])
    assert await snippets(workspace) == {}
    await workspace.close()


async def test_a_file_that_a_terminal_changed_is_read_again_when_it_is_asked_for(
    root: Path,
) -> None:
    workspace = await reading(root)
    money = root / "shop" / "money.py"
    for parameter in ("amount", "sum"):
        money.write_text(CODE.replace("price", parameter))
        await snippets(workspace)
        assert await snippets(workspace) == {"shop/money.py": f"def to_cents({parameter}):\n"}
    await workspace.close()


async def test_nobody_waits_for_a_file_to_be_read_again_while_all_are_read(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = await reading(root)
    renewed: list[str] = []
    monkeypatch.setattr(Knowledge, "_renew", lambda self, paths, parse_of: renewed.extend(paths))
    done = asyncio.Event()

    async def slowly(*_: object) -> dict[str, object]:
        await done.wait()
        return {}

    monkeypatch.setattr(service, "read_all", slowly)
    (root / "shop" / "money.py").write_text(CODE.replace("price", "amount"))
    workspace.refresh()
    for _ in range(2):
        await snippets(workspace)
    assert renewed == []
    done.set()
    await workspace.settled()
    for _ in range(2):
        await snippets(workspace)
    assert renewed == ["shop/money.py"]
    await workspace.close()


async def test_of_a_file_that_a_terminal_took_away_nothing_is_left(root: Path) -> None:
    workspace = await reading(root)
    (root / "shop" / "money.py").rename(root / "shop" / "coins.py")
    for _ in range(2):
        assert await snippets(workspace) == {}
    assert await workspace.defined(["to_cents"]) == frozenset()
    await workspace.close()


async def test_a_build_file_that_is_saved_says_what_imports_mean(root: Path) -> None:
    (root / "store").mkdir()
    (root / "store" / "store.go").write_text("package store\n\nfunc OpenStore() {}\n")
    workspace = await reading(root)
    code = 'package app\n\nimport "a.org/app/store"\n\nfunc f() {\n\tstore.'
    for module, told in (("b.org/other", []), ("a.org/app", ["OpenStore"])):
        (root / "go.mod").write_text(f"module {module}\n")
        await workspace.changed([root / "go.mod"])
        document = DocumentContext("a.go", "go", code, len(code))
        assert [one.name for one in await workspace.expected(document, ())] == told
    await workspace.close()


async def test_a_checkout_in_a_terminal_is_seen(root: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "other")
    (root / "shop" / "money.py").write_text(CODE.replace("price", "amount"))
    git("commit", "-qam", "two")
    workspace = await reading(root)
    git("checkout", "-q", "-")
    async with asyncio.timeout(20):  # the disk has no event to wait for
        while "(price)" not in (await snippets(workspace))["shop/money.py"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await workspace.close()


async def test_an_index_that_is_damaged_is_made_anew(root: Path) -> None:
    await (await reading(root)).close()
    file = index_file(root)
    file.write_bytes(b"\xa5" * 50_000)
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    workspace = await reading(root)
    assert "shop/money.py" in await snippets(workspace)
    await workspace.close()


async def test_two_editors_share_one_index(root: Path) -> None:
    both = [Workspace(root, Settings()) for _ in range(2)]
    for one in both:
        one.start()
    await asyncio.gather(*(one.settled() for one in both))
    for one in both:
        assert one.state["state"] == "ready", one.state
        assert "shop/money.py" in await snippets(one)
        await one.close()


async def test_a_folder_where_nothing_can_be_written(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SLM_LSP_HOME", str(tmp_path / "file"))
    workspace = await reading(root)
    assert workspace.state["state"] == "error"
    said = str(workspace.state["message"])
    assert "Errno" not in said and said.endswith("; `slm-lsp doctor` tells the cure")
    assert str(tmp_path / "file") in said
    assert await snippets(workspace) == {}
    await workspace.close()


async def test_a_question_that_waits_when_the_folder_is_closed_is_answered(root: Path) -> None:
    """Other settings close it; the question that is under way is nobody's cancelled one."""
    workspace = await reading(root)
    may_go_on = threading.Event()
    workspace._thread.submit(may_go_on.wait)
    waiting = asyncio.create_task(snippets(workspace))
    await asyncio.sleep(0)
    await workspace.close()
    may_go_on.set()
    assert isinstance(await waiting, dict)


async def test_switched_off_nothing_is_read(root: Path) -> None:
    workspace = await reading(root, Settings(context=ContextSettings(enabled=False)))
    assert workspace.state == {"state": "off"} and not index_file(root).exists()
    assert await snippets(workspace) == {}
    await workspace.close()


async def test_what_was_typed_and_saved_is_in_the_index_as_it_is(root: Path) -> None:
    workspace = await reading(root)
    money = root / "shop" / "money.py"
    for parameter in ("price", "amount", "größe"):
        text = CODE.replace("price", parameter)
        document = DocumentContext("shop/money.py", "python", text, len(text))
        await workspace.gather(document, ())
        money.write_text(text, encoding="utf-8")
        await workspace.changed([money])
        assert (await snippets(workspace))["shop/money.py"] == f"def to_cents({parameter}):\n"
    await workspace.close()


async def test_what_may_be_quoted_is_asked_once_a_question_and_again_at_the_next(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = await reading(root)
    asked: list[int] = []

    def made(*_: object) -> Rules:
        asked.append(1)
        return Rules(root)

    monkeypatch.setattr(Knowledge, "_made_rules", made)
    for n_questions in (1, 2):
        document = DocumentContext("app.py", "python", ASKING, len(ASKING))
        await workspace.gather(document, [])
        await workspace.expected(document, [])
        assert len(asked) == n_questions
    await workspace.close()


async def test_files_beside_come_by_the_rules_of_now(root: Path) -> None:
    workspace = await reading(root)
    for ignored, beside in (("", (CODE,)), ("money.py\n", ())):
        (root / ".gitignore").write_text(ignored)
        document = DocumentContext("shop/till.py", "python", ASKING, len(ASKING))
        assert (await workspace.gather(document, [])).beside == beside
    (root / ".gitignore").unlink()
    (root / "shop" / "money.py").write_text("key = 'AKIA" + "Q" * 16 + "'\n")
    await workspace.changed([root / "shop" / "money.py"])
    document = DocumentContext("shop/till.py", "python", ASKING, len(ASKING))
    assert (await workspace.gather(document, [])).beside == (), "it holds a key"
    await workspace.close()


async def test_a_long_file_beside_is_used_and_not_when_it_changed_unseen(root: Path) -> None:
    long = CODE * 4_000
    (root / "shop" / "money.py").write_text(long)
    workspace = await reading(root, Settings(context=ContextSettings(deadline_ms=10_000)))
    document = DocumentContext("shop/till.py", "python", ASKING, len(ASKING))
    [beside] = (await workspace.gather(document, [])).beside
    assert long.startswith(beside) and len(beside) > 10_000
    (root / "shop" / "money.py").write_text("key = 'AKIA" + "Q" * 16 + "'\n" + long)
    assert (await workspace.gather(document, [])).beside == ()
    await workspace.close()


async def test_a_file_beside_that_no_question_has_time_for_is_looked_at_in_between(
    root: Path,
) -> None:
    """It is there at the second question, however little time each has."""
    (root / "shop" / "money.py").write_text(CODE * 4_000)
    workspace = await reading(root, Settings(context=ContextSettings(deadline_ms=5)))
    document = DocumentContext("shop/till.py", "python", ASKING, len(ASKING))
    held = [(await workspace.gather(document, [])).beside for _ in range(2)]
    assert [len(beside) for beside in held] == [0, 1]
    await workspace.close()


@pytest.mark.slow
async def test_a_branch_of_thousands_of_other_files_is_one_reading(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or two, where git was still writing when it began: no storm of them."""

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "other")
    for n in range(3_000):
        (root / f"m{n}.py").write_text(f"def name_{n}(): ...\n")
    (root / "shop" / "money.py").write_text(CODE.replace("price", "amount"))
    git("add", ".")
    git("commit", "-qm", "two")
    git("checkout", "-q", "main")
    workspace = await reading(root)
    readings: list[Path] = []

    async def counted(root: Path, *rest: Any) -> dict[str, object]:
        readings.append(root)
        return await read_all(root, *rest)

    monkeypatch.setattr(service, "read_all", counted)
    git("checkout", "-q", "other")
    async with asyncio.timeout(60):  # the disk has no event to wait for
        while workspace.state.get("files") != 3_002:
            # Whoever types meanwhile is answered.
            assert "shop/money.py" in await snippets(workspace)
            await asyncio.sleep(0.05)
    await workspace.settled()
    assert 1 <= len(readings) <= 2
    assert (await snippets(workspace))["shop/money.py"] == "def to_cents(amount):\n"
    assert len(await workspace.defined([f"name_{n}" for n in range(3_000)])) == 3_000
    await workspace.close()


async def test_what_is_ignored_from_now_on_leaves_the_index(root: Path) -> None:
    workspace = await reading(root)
    assert "shop/money.py" in await snippets(workspace)
    (root / ".gitignore").write_text("money.py\n")
    await workspace.changed([root / ".gitignore"])
    await workspace.settled()
    await workspace.close()
    index = Index(index_file(root), read_only=True)
    assert set(index.stamps()) == {"app.py"}
    index.close()


async def test_what_is_moved_in_the_file_tree_is_found_there(root: Path) -> None:
    workspace = await reading(root)
    (root / "shop" / "money.py").rename(root / "shop" / "cash.py")
    await workspace.changed([root / "shop" / "money.py", root / "shop" / "cash.py"])
    asking = ASKING.replace("money", "cash")
    assert await snippets(workspace, asking) == {"shop/cash.py": "def to_cents(price):\n"}
    (root / "shop").rename(root / "till")
    await workspace.changed([root / "shop", root / "till"])
    await workspace.settled()
    asking = asking.replace("shop", "till")
    assert await snippets(workspace, asking) == {"till/cash.py": "def to_cents(price):\n"}
    assert workspace.state["files"] == 2
    await workspace.close()


async def test_thousands_of_changes_are_one_reading(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = await reading(root)
    monkeypatch.setattr(Knowledge, "save", lambda self, paths: pytest.fail("one by one"))
    for number in range(service.MAX_SINGLY + 1):
        (root / f"new{number}.py").write_text(f"def new{number}(): ...\n")
    await workspace.changed([root / f"new{n}.py" for n in range(service.MAX_SINGLY + 1)])
    await workspace.settled()
    assert workspace.state["files"] == 2 + service.MAX_SINGLY + 1
    await workspace.close()
