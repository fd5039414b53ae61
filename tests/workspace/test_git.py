"""What git says outside of the tree: linked worktrees, submodules, `info/exclude`."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from slm_context.index import Index

from slm_lsp.settings import Settings
from slm_lsp.workspace.git import GitFolders, git_folders
from slm_lsp.workspace.read_all import index_file
from slm_lsp.workspace.scan import Rules, scan
from slm_lsp.workspace.service import Workspace


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    allowed = ("-c", "protocol.file.allow=always")
    command = ["git", *identity, *allowed, *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "a.py").write_text("def a(): ...\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    return root


def test_a_plain_repository(root: Path) -> None:
    assert git_folders(root) == GitFolders(root / ".git", root / ".git")


def test_a_linked_worktree(root: Path, tmp_path: Path) -> None:
    git(root, "worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    found = git_folders(tmp_path / "linked")
    assert found == GitFolders(root / ".git/worktrees/linked", root / ".git")
    assert all(file.is_file() for file in found.watched)


def test_a_submodule(root: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "add", "-q", str(root), "inner")
    found = git_folders(outer / "inner")
    assert found is not None and found.own == outer / ".git/modules/inner"


@pytest.mark.parametrize("content", ["", "gitdir: nowhere", "gitdir:", "\0" * 9000, "gitdir: \0"])
def test_a_file_that_is_none_of_gits(tmp_path: Path, content: str) -> None:
    (tmp_path / ".git").write_text(content)
    assert git_folders(tmp_path) is None


def test_what_only_this_machine_ignores_is_not_read(root: Path, tmp_path: Path) -> None:
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/exclude").write_text("private*.py\n")
    (root / "private.py").write_text("x = 1\n")
    (root / "private_no.py").write_text("x = 1\n")
    (root / ".gitignore").write_text("!private_no.py\n")
    assert {one.path for one in scan(Rules(root))} == {"a.py", "private_no.py"}
    git(root, "worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    (tmp_path / "linked/private.py").write_text("x = 1\n")
    assert {one.path for one in scan(Rules(tmp_path / "linked"))} == {"a.py"}


def test_what_a_repository_within_the_folder_ignores_on_this_machine(root: Path) -> None:
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/exclude").write_text("private.py\n")
    (root / "private.py").write_text("x = 1\n")
    assert {one.path for one in scan(Rules(root.parent))} == {"repository/a.py"}
    assert not Rules(root.parent).allows("repository/private.py")


async def test_a_checkout_in_a_linked_worktree_is_seen(root: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(root, "worktree", "add", "-q", "-b", "other", str(linked))
    (linked / "b.py").write_text("def b(): ...\n")
    git(linked, "add", ".")
    git(linked, "commit", "-qm", "two")
    workspace = Workspace(linked, Settings())
    workspace.start()
    await workspace.settled()
    assert workspace.state["files"] == 2
    git(linked, "checkout", "-q", "--detach", "main")
    async with asyncio.timeout(20):  # the disk has no event to wait for
        while workspace.state.get("files") != 1:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await workspace.close()


@pytest.mark.parametrize("named", ["loop/x", "x" * 300, "."])
def test_a_file_that_names_no_folder_of_git(tmp_path: Path, named: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / ".git").write_text(f"gitdir: {named}\n")
    found = git_folders(tmp_path)
    assert found is None or named == "."
    (tmp_path / ".git").unlink()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/commondir").write_text("../loop/x\n")
    assert git_folders(tmp_path) is not None


async def test_a_worktree_within_the_tree_is_not_read(root: Path) -> None:
    """Its files are the same ones again, as they are on another branch."""
    git(root, "worktree", "add", "-q", "-b", "other", str(root / "trees/other"))
    (root / "vendored").mkdir()
    git(root / "vendored", "init", "-q")
    (root / "vendored/c.py").write_text("def c(): ...\n")
    assert {one.path for one in scan(Rules(root))} == {"a.py", "vendored/c.py"}
    assert {one.path for one in scan(Rules(root / "trees/other"))} == {"a.py"}
    workspace = Workspace(root, Settings())
    workspace.start()
    await workspace.settled()
    await workspace.changed([root / "trees/other/a.py"])
    assert set(Index(index_file(root), read_only=True).stamps()) == {"a.py", "vendored/c.py"}
    await workspace.close()


def test_a_submodule_is_read(root: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(root), "part")
    git(root, "submodule", "add", "-q", str(tmp_path / "part"), "part")
    assert {one.path for one in scan(Rules(root))} == {"a.py", "part/a.py"}


@pytest.mark.parametrize("by_link", [False, True])
async def test_a_checkout_is_seen_where_only_a_folder_of_the_repository_is_open(
    root: Path, tmp_path: Path, by_link: bool
) -> None:
    (root / "inner").mkdir()
    (root / "inner" / "b.py").write_text("def b(): ...\n")
    (root / "inner" / "c.py").write_text("def c(): ...\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "two")
    (tmp_path / "link").symlink_to(root / "inner")
    workspace = Workspace(tmp_path / "link" if by_link else root / "inner", Settings())
    workspace.start()
    await workspace.settled()
    assert workspace.state["files"] == 2
    git(root, "rm", "-q", "inner/c.py")
    async with asyncio.timeout(20):  # the disk has no event to wait for
        while workspace.state.get("files") != 1:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await workspace.close()
