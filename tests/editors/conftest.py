"""Real editors, each in a fresh home, all with the real server and the bundled model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.editors.harness.evidence import Evidence
from tests.editors.harness.installed import CACHE, editor
from tests.editors.harness.places import Place, first_place
from tests.editors.harness.user import EVERYTHING_SHOWN, fresh_user

FAILED = pytest.StashKey[bool]()
# The newest, which shows ghost text itself, and the oldest that we support.
NEOVIMS = ("nvim", "nvim-old")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with a browser come last: while one is open, no other event loop can run here."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))


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


# What the following need may be missing, and is imported when somebody asks: the tests' files begin
# with `needs("pynvim")` or `needs("playwright")`.


@pytest.fixture(params=NEOVIMS)
def start_neovim(request, home: Path, evidence: Evidence) -> Iterator[Any]:
    """Starts a Neovim of the test's own, with some options; ends it when the test does."""
    from tests.editors.harness.neovim import Neovim

    binary = editor(request.param)
    started: list[Neovim] = []

    def start(options: str = "{}") -> Neovim:
        neovim = Neovim(binary, home, evidence.server_log, options)
        evidence.on_failure(neovim.dump)
        started.append(neovim)
        return neovim

    yield start
    for neovim in started:
        neovim.close()


@pytest.fixture(scope="module", params=NEOVIMS)
def shared_neovim(request, tmp_path_factory) -> Iterator[Any]:
    """One Neovim, and one server, for all tests of a file that leave both as they were."""
    from tests.editors.harness.neovim import Neovim

    binary = editor(request.param)
    home = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        fresh_user(home, patch)
        neovim = Neovim(binary, home, home / "server.jsonl")
    yield neovim
    neovim.close()


@pytest.fixture
def neovim(shared_neovim, workspace: Path, place: Place, evidence: Evidence) -> Any:
    """Neovim in insert mode at the end of the place's text, before its key."""
    evidence.on_failure(shared_neovim.dump)
    file = workspace / "settings.py"
    file.write_text(place.text + "\n")
    shared_neovim.type("<Esc>")
    shared_neovim.api.command("silent! %bwipeout!")
    shared_neovim.open(file)
    shared_neovim.type("GA")
    return shared_neovim


# VS Code, for as long as tests of this folder run.


@pytest.fixture(scope="package")
def vscode_binary() -> Path:
    return editor("vscode")


@pytest.fixture(scope="package")
def vsix(vscode_binary: Path) -> Path:
    """The extension, as a person would install it."""
    from tests.editors.harness.code_server import build_extension

    return build_extension()


@pytest.fixture(scope="package")
def browser(vscode_binary: Path) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CACHE / "bin" / "chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def launch_for_all(vscode_binary: Path, tmp_path_factory) -> Iterator[Any]:
    yield from launching(vscode_binary, tmp_path_factory)


@pytest.fixture
def launch(vscode_binary: Path, tmp_path_factory) -> Iterator[Any]:
    """Starts code-server for a fresh user with these settings."""
    yield from launching(vscode_binary, tmp_path_factory)


def launching(binary: Path, tmp_path_factory) -> Iterator[Any]:
    from tests.editors.harness.code_server import CodeServer

    started: list[CodeServer] = []

    def launch(
        settings,
        vsix: Path | None = None,
        trust: bool = False,
        config: str = EVERYTHING_SHOWN,
        **environment: str,
    ):
        home = tmp_path_factory.mktemp("vscode")
        with pytest.MonkeyPatch.context() as patch:
            fresh_user(home, patch, config)
            code = CodeServer(binary, home, settings, environment, trust)
        started.append(code)
        if vsix:
            code.install(vsix)
        code.start()
        return code

    yield launch
    for code in started:
        code.stop()


@pytest.fixture(scope="package")
def installed(launch_for_all, vsix: Path) -> Any:
    """The extension installed from the .vsix, with the server under test."""
    from tests.editors.harness.code_server import our_server

    return launch_for_all(our_server(), vsix)


@pytest.fixture
def show(browser, evidence: Evidence) -> Iterator[Any]:
    """Opens a page on a folder and a file in it."""
    from tests.editors.harness.vscode import VsCode

    pages: list[VsCode] = []

    def show(code, folder: Path, file: Path) -> VsCode:
        vscode = VsCode(code, browser, folder, file, on_failure=evidence.on_failure)
        pages.append(vscode)
        return vscode

    yield show
    for vscode in pages:
        vscode.close()


@pytest.fixture
def vscode(show, installed, workspace: Path, place: Place) -> Any:
    """A page with the place's file open, the cursor at its end, and the server ready."""
    file = workspace / "settings.py"
    file.write_text(place.text)
    vscode = show(installed, workspace, file)
    vscode.wait_until_ready()
    vscode.go_to_end()
    return vscode
