"""A machine of its own for each test: no settings but those that the test writes."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from slm_lsp.config.source import load
from slm_lsp.config.types import Resolved


@dataclass
class Places:
    """`user` is the person's file, `root` the repository."""

    user: Path
    root: Path

    @property
    def repository(self) -> Path:
        return self.root / "slm-lsp.toml"

    @property
    def pyproject(self) -> Path:
        return self.root / "pyproject.toml"

    def write(
        self, repository: str | None = None, user: str | None = None, pyproject: str | None = None
    ) -> "Places":
        for path, text in (
            (self.repository, repository),
            (self.user, user),
            (self.pyproject, pyproject),
        ):
            if text is not None:
                path.write_text(text, encoding="utf-8")
        return self

    def load(self, editor: object = None) -> Resolved:
        return load(self.root, editor)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setenv("SLM_LSP_CONFIG", str(tmp_path / "user.toml"))
    monkeypatch.setenv("SLM_LSP_HOME", str(tmp_path / "home"))
    (tmp_path / "repo").mkdir()
    return Places(tmp_path / "user.toml", tmp_path / "repo")


def complaints(resolved: Resolved) -> list[str]:
    return [str(complaint) for complaint in resolved.complaints]
