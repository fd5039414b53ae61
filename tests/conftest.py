"""What holds for all tests: a clean environment, and the slow rooms last."""

import os
from pathlib import Path

import pytest

OURS = ("SLM_LSP_", "XDG_")
# Fast rooms first: what is wrong shows early.
LAST_ROOMS = ("tests/e2e",)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the expectations of golden cases with what the code does now",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def room(item: pytest.Item) -> bool:
        return item.nodeid.startswith(LAST_ROOMS)

    items.sort(key=room)
    for item in items:
        if room(item):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory) -> Path:
    """No test reads or writes what belongs to the person who runs it."""
    for name in os.environ:
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SLM_LSP_HOME", str(home / "data"))
    monkeypatch.setenv("SLM_LSP_CONFIG", str(home / "config.toml"))
    return home
