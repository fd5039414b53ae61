"""A machine of its own for each test: an empty store, and no settings or token of the person."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from slm_lsp.models.store import Store, own_store
from tests.support.hub_server import Hub, running_hub

FOREIGN = (
    "SLM_LSP_SHARED HF_ENDPOINT HF_TOKEN HF_TOKEN_PATH HUGGING_FACE_HUB_TOKEN HTTP_PROXY "
    "HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy"
)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in FOREIGN.split():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("SLM_LSP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SLM_LSP_CONFIG", str(tmp_path / "user.toml"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path


@pytest.fixture
def store(machine: Path) -> Store:
    return own_store()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.hub_url)
        yield hub
