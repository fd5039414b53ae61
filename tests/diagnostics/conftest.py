"""A repository with a change in it."""

from pathlib import Path

import pytest

from tests.support.checked import OLD, git


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("SLM_LSP_HOME", str(tmp_path / "home"))
    git("init", "-q")
    (root / "a.py").write_text(OLD)
    git("add", "a.py")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one")
    return root
