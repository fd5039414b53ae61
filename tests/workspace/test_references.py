"""Which files use a name: of what may be read, as it is now, and of nothing else."""

import asyncio
from pathlib import Path

from slm_context.cursor import DocumentContext
from slm_context.index import Index

from slm_lsp.settings import Settings
from slm_lsp.workspace.indexer import WRITTEN_AT_ONCE, update
from slm_lsp.workspace.read_all import index_file
from slm_lsp.workspace.scan import Rules
from slm_lsp.workspace.service import Workspace

CANARY = "zqcanary"
USING = f"price = {CANARY}(visible)\n"
KEY = "-----BEGIN PRIVATE KEY-----"


def written(root: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_text(text)
    return root


def users(root: Path) -> list[str]:
    index = Index(index_file(root), read_only=True)
    try:
        assert len(index.users([CANARY], ["python"])) == index.n_users(CANARY)
        return index.users([CANARY], ["python"])
    finally:
        index.close()


async def test_what_may_not_be_read_uses_nothing(tmp_path: Path) -> None:
    root = written(
        tmp_path / "repository",
        {
            ".gitignore": "ignored/\n",
            ".env": f"{CANARY}={CANARY}\n",
            "id_rsa": f"{KEY}\n{CANARY}\n",
            "credentials.py": USING,
            "ignored/money.py": USING,
            "huge.py": USING + "x = 1\n" * 9_000_000,
            "binary.py": USING + "\0\0",
            "keys.py": f"{USING}KEY = '{KEY}'\n",
            "shop/plain.py": USING,
            "shop/private.py": USING,
        },
    )
    workspace = Workspace(root, Settings())
    workspace.start()
    await workspace.settled()
    assert users(root) == ["shop/plain.py", "shop/private.py"]
    # From now on one of them holds a key, and then the other is ignored.
    written(root, {"shop/private.py": f"{USING}KEY = '{KEY}'\n"})
    await workspace.changed([root / "shop" / "private.py"])
    assert users(root) == ["shop/plain.py"]
    written(root, {".gitignore": "ignored/\nplain.py\n"})
    await workspace.changed([root / ".gitignore"])
    await workspace.settled()
    assert users(root) == []
    await workspace.close()


async def test_uses_follow_what_is_saved(tmp_path: Path) -> None:
    root = written(tmp_path / "repository", {"far/a.py": USING, "b.py": "x = 1\n"})
    workspace = Workspace(root, Settings())
    workspace.start()
    await workspace.settled()

    async def told() -> set[str]:
        document = DocumentContext("deep/new.py", "python", f"price = {CANARY}(", 17)
        return {one.name for one in await workspace.expected(document, ())}

    assert await told() == {"visible"}
    written(root, {"far/a.py": USING.replace("visible", "changed")})
    await workspace.changed([root / "far" / "a.py"])
    assert await told() == {"changed"}
    written(root, {"far/a.py": "y = 1\n"})
    await workspace.changed([root / "far" / "a.py"])
    assert await told() == set()
    await workspace.close()


async def test_two_editors_note_a_use_once(tmp_path: Path) -> None:
    root = written(tmp_path / "repository", {f"f{n}.py": USING for n in range(20)})
    both = [Workspace(root, Settings()) for _ in range(2)]
    for one in both:
        one.start()
    await asyncio.gather(*(one.settled() for one in both))
    assert len(users(root)) == 20
    for one in both:
        await one.close()


def test_when_thousands_of_files_go_their_uses_go(tmp_path: Path) -> None:
    n_files = WRITTEN_AT_ONCE + 200
    root = written(
        tmp_path / "repository", {f"f{n}.py": f"name_{n % 7}()\n" for n in range(n_files)}
    )
    index, rules = Index(tmp_path / "i.sqlite"), Rules(root)
    update(index, rules)
    assert index.n_users("name_3") == sum(n % 7 == 3 for n in range(n_files))
    for n in range(1, n_files):
        (root / f"f{n}.py").unlink()
    assert update(index, rules) == (0, n_files - 1)
    assert [index.n_users(f"name_{n}") for n in range(7)] == [1, *[0] * 6]
    assert index._db.execute("SELECT count(*) FROM uses").fetchone() == (1,)
