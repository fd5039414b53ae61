"""Servers for the tests of the whole: the installed command over real pipes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.editor import Editor

# The protocol does not depend on the model: without it a server starts at once.
OFF = {"slm-lsp": {"completion": {"enabled": False}}}
# A place where any code model knows how to go on.
URI = "file:///project/area.py"
TEXT = "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return "
END = (5, 11)
# How soon an answer comes is measured by benchmarks, on a machine that does nothing else.
PATIENT = """\
[completion]
automatic_deadline_ms = 20000
invoked_deadline_ms = 20000
[context]
deadline_ms = 5000
"""


@pytest.fixture(autouse=True)
def patient(clean_environment: Path) -> None:
    """What the person has set: an answer may take its time."""
    (clean_environment / "config.toml").write_text(PATIENT)


@pytest.fixture
async def raw() -> AsyncIterator[Editor]:
    """A server that has been told nothing yet."""
    async with Editor.start() as editor:
        yield editor


@pytest.fixture
async def editor() -> AsyncIterator[Editor]:
    """A session without a model."""
    async with Editor.start() as editor:
        await editor.initialize(options=OFF)
        yield editor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_editor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    """One session without a model for all cases of a module that must not harm it."""
    home = tmp_path_factory.mktemp("home")
    env = {"SLM_LSP_HOME": str(home), "SLM_LSP_CONFIG": str(home / "config.toml")}
    async with Editor.start(env=env) as editor:
        await editor.initialize(options=OFF)
        yield editor


@pytest.fixture
def unharmed(shared_editor: Editor) -> Editor:
    """The shared session, as if nothing had been received before."""
    shared_editor.unclaimed.clear()
    shared_editor.notifications.clear()
    return shared_editor


@pytest.fixture
async def suggesting() -> AsyncIterator[Editor]:
    """A session whose model is ready."""
    async with Editor.start() as editor:
        await editor.initialize()
        await editor.ready()
        yield editor


@pytest.fixture
async def typed(suggesting: Editor) -> Editor:
    """The same, with a document that is waiting to be gone on with."""
    suggesting.open(URI, TEXT)
    return suggesting
