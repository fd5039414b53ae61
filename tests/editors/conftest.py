"""Real editors, each in a fresh home, all with the real server and the bundled model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editors.harness.evidence import Evidence
from tests.editors.harness.places import Place, first_place
from tests.editors.harness.user import fresh_user

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        evidence = getattr(item, "evidence", None)
        if evidence is not None:
            evidence.dump()
            report.sections.append(("evidence", f"see {evidence.folder}"))
    return report


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Iterator[Evidence]:
    """Where the test's dumps and logs go."""
    evidence = Evidence(request.node.nodeid)
    request.node.evidence = evidence
    yield evidence
    if not request.node.stash.get(FAILED, False):
        evidence.remove()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh user: no configuration, no history, no caches."""
    home = tmp_path / "home"
    home.mkdir()
    fresh_user(home, monkeypatch)
    return home


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A project with a root that servers recognise."""
    workspace = tmp_path / "project"
    (workspace / ".git").mkdir(parents=True)
    return workspace


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Where the bundled model has something to say."""
    return first_place(tmp_path_factory.mktemp("places"))
