"""Open documents that a prompt may quote, and those that it may not."""

from pathlib import Path

import pytest
from slm_context.gather import OpenText

from slm_lsp.workspace.quoting import OpenDocument, quotable

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
