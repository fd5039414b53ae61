"""A minute's share of what `README.md` says how to do for hours.

`SLM_LSP_FUZZ=200 pytest tests/fuzz` does all of it: 10,000 sessions and 1,000,000 messages.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import sessions
from tests.fuzz.bytes import NAMES
from tests.fuzz.make_seeds import seeds
from tests.fuzz.targets import targets

HERE = Path(__file__).parent
TIMES = int(os.environ.get("SLM_LSP_FUZZ", "1"))
MESSAGES = {"framing": 1000, "wire": 1000, "rpc": 2500, "config": 250, "gguf": 250}
# On every run other ones; those of a run are named where one of them fails.
FIRST = int(os.environ.get("SLM_LSP_FUZZ_FIRST", "1000000"))
# Sessions in which something was found.
FOUND: tuple[int, ...] = ()

linux = pytest.mark.skipif(sys.platform != "linux", reason="pipes and signals as Linux has them")


@linux
@pytest.mark.slow
async def test_sessions() -> None:
    n_sessions = 50 * TIMES
    assert await sessions.run([*FOUND, *range(FIRST, FIRST + n_sessions)]) >= n_sessions


@linux
async def test_a_server_that_loses_a_character_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What finds nothing above does find something: an astral character that counts once."""
    from slm_lsp import documents

    monkeypatch.setattr(documents, "to_code_points", lambda line, units, _: min(units, len(line)))
    with pytest.raises(BaseExceptionGroup) as found:
        await sessions.run(range(60))
    assert found.group_contains(AssertionError) or found.group_contains(ValueError)


def contents(target: str) -> list[Path]:
    """The seeds, and what was found since."""
    folders = (HERE / "seeds" / target, HERE / "cases" / target)
    return [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]


@pytest.mark.parametrize("target", NAMES)
def test_seeds_and_what_was_found(target: str, tmp_path: Path) -> None:
    take = targets(tmp_path)[target]
    for path in contents(target):
        try:
            take(path.read_bytes())
        except Exception as error:
            error.add_note(f"input: {path}")
            raise


def test_seeds_can_be_made_anew() -> None:
    """They need not be the same: the model and the settings that they come from go on."""
    made = seeds()
    assert set(made) == set(NAMES)
    assert all(made.values()) and all(contents(target) for target in NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("target", NAMES)
def test_bytes(target: str) -> None:
    if importlib.util.find_spec("atheris") is None:
        if os.environ.get("CI") and sys.platform == "linux":
            pytest.fail("needs atheris, which the test dependencies name")
        pytest.skip("atheris has no wheel for this machine")
    command = [sys.executable, "-m", "tests.fuzz.bytes", target]
    limits = ["--messages", str(MESSAGES[target] * TIMES)]
    done = subprocess.run(
        [*command, *limits], capture_output=True, text=True, errors="replace", cwd=HERE.parents[1]
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert f"Done {MESSAGES[target] * TIMES} " in done.stderr
