"""Open documents that a prompt may quote, and those that it may not."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from slm_context.gather import OpenText

from slm_lsp.workspace.quoting import OpenDocument, Owner, quotable

LONG_S = 20.0
CODE = "def f():\n    return 1\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("repository", "other"):
        (tmp_path / name / ".git").mkdir(parents=True)
    (tmp_path / "other" / ".gitignore").write_text("local.py\n")
    return tmp_path / "repository"


def kept(root: Path | None, path: Path | None, shown: str, text: str = CODE) -> bool:
    document = OpenDocument(path, OpenText(shown, "python", text))
    return quotable([document], root, ("src/",), ("private/",)) == [document.shown]


def test_by_the_rules_of_the_repository(root: Path) -> None:
    assert kept(root, root / "src" / "a.py", "src/a.py")
    assert not kept(root, root / "a.py", "a.py"), "it is not included"
    assert not kept(root, root / "src" / "private" / "a.py", "src/private/a.py")
    assert not kept(root, root / "src" / "secrets.py", "src/secrets.py")


def test_a_file_of_another_repository_by_its_own_rules(root: Path) -> None:
    other = root.parent / "other"
    assert kept(root, other / "a.py", "a.py")
    assert not kept(root, other / "local.py", "local.py"), "it is ignored there"
    assert not kept(root, other / "private" / "a.py", "a.py"), "settings count everywhere"


def test_without_a_folder_or_a_file(root: Path) -> None:
    assert kept(None, None, "Untitled-1")
    assert not kept(None, None, ".env")
    assert not kept(None, None, "Untitled-1", "t = 'AKIA" + "A" * 16 + "'\n")
    assert not kept(None, root / "credentials.py", "credentials.py")


def test_a_document_on_a_disk_that_is_gone(root: Path) -> None:
    """It is open, and nobody can say where its repository begins; others are quoted as before."""
    far = root.parent / ("x" * 300) / "a.py"
    assert kept(root, far, "a.py") and kept(None, far, "a.py")


def test_what_an_outer_folder_excludes_of_a_nested_one(root: Path) -> None:
    """Also by a pattern that names the way from the outer one."""
    inner = Owner(root / "core", (), ())

    def of_inner(name: str, asking: Path) -> bool:
        shown = OpenText(name, "python", CODE)
        one = OpenDocument(inner.root / name, shown, inner)
        return quotable([one], asking, (), ("core/private/",)) == [shown]

    assert of_inner("a.py", root)
    assert not of_inner("private/a.py", root)
    (root / ".gitignore").write_text("/core/local.py\n")
    assert not of_inner("local.py", root)


def test_a_link_leads_around_nothing(root: Path) -> None:
    (root / "src" / "private").mkdir(parents=True)
    (root / "src" / "private" / "k.py").write_text(CODE)
    (root / "src" / "a.py").write_text(CODE)
    (root.parent / "other" / "local.py").write_text(CODE)
    links = {"k.py": root / "src/private/k.py", "b.py": root / "src/a.py"}
    links |= {"local.py": root.parent / "other/local.py", "loop.py": root / "src/loop.py"}
    for name, target in links.items():
        (root / "src" / name).symlink_to(target)
    assert kept(root, root / "src" / "b.py", "src/b.py")
    assert kept(root, root / "src" / "loop.py", "src/loop.py")
    assert not kept(root, root / "src" / "k.py", "src/k.py"), "the settings exclude it"
    assert not kept(root, root / "src" / "local.py", "src/local.py"), "ignored where it lies"
    # The whole folder opened by a link is the same folder.
    link = root.parent / "link"
    link.symlink_to(root)
    assert kept(link, link / "src" / "a.py", "src/a.py")
    assert not kept(link, link / "src" / "k.py", "src/k.py")


def test_an_ignored_folder_that_nobody_opened(root: Path) -> None:
    """Though a mark of a repository lies in it: another window may have it open, this one not."""
    other = root.parent / "other"
    (other / "hidden").mkdir()
    (other / "hidden" / "pyproject.toml").write_text("")
    (other / ".gitignore").write_text("hidden/\n")
    assert kept(root, other / "shown" / "k.py", "k.py")
    assert not kept(root, other / "hidden" / "k.py", "k.py")


def test_another_branch_within_the_tree(root: Path) -> None:
    tree = root / "src" / "tree"
    tree.mkdir(parents=True)
    assert kept(root, tree / "a.py", "src/tree/a.py")
    (tree / ".git").write_text(f"gitdir: {root / '.git' / 'worktrees' / 'tree'}\n")
    assert not kept(root, tree / "a.py", "src/tree/a.py")
    assert kept(tree.parent.parent / "x", tree / "a.py", "a.py"), "seen from elsewhere"


def test_a_document_on_a_disk_that_never_answers(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hard mount whose server is gone: nobody knows its rules, and others do not wait for it."""
    answers, waited, stat = threading.Event(), list[bool](), os.stat

    def slow(path: Path, **how: Any) -> os.stat_result:
        if "dead" in Path(path).parts:
            waited.append(answers.wait(LONG_S))
        return stat(path, **how)

    monkeypatch.setattr(os, "stat", slow)
    monkeypatch.setattr(os, "lstat", slow)
    try:
        assert not kept(root, root.parent / "dead" / "a.py", "a.py")
        assert kept(root, root.parent / "other" / "a.py", "a.py")
        assert waited == []
    finally:
        answers.set()
