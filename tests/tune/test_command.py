"""`slm-lsp tune` as a person runs it, and the server that serves what it made."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from slm_lsp.commands import tune as command
from slm_lsp.config.pin import Pin, write_pin
from slm_lsp.models.gguf_reader import read_header
from slm_lsp.models.store import own_store
from slm_lsp.models.types import ModelFile
from tests.support.editor import Editor
from tests.support.idioms import write_habits, write_noise

pytestmark = pytest.mark.slow

TUNE = (sys.executable, "-m", "slm_lsp.cli", "tune")
MANY = ("--minutes", "600")


@pytest.fixture
def habits(tiny: ModelFile, tmp_path: Path) -> Path:
    """A repository of habits that pins the tiny model."""
    return pinned(write_habits(tmp_path / "kestrel"), tiny)


def pinned(root: Path, model: ModelFile) -> Path:
    entry = own_store().add(model.path, model.name)
    write_pin(root, Pin(entry.name, entry.sha256, entry.size))
    settings = root / "slm-lsp.toml"
    settings.write_text("# Ours.\n" + settings.read_text())
    return root


def tune(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TUNE, str(root), *MANY, *arguments], capture_output=True, text=True, check=False
    )


def report() -> dict[str, Any]:
    """What the only run on this machine has found."""
    (path,) = Path(os.environ["SLM_LSP_HOME"]).rglob("report.json")
    return json.loads(path.read_text())


async def test_the_server_serves_what_was_tuned_and_pinned(habits: Path) -> None:
    done = tune(habits, "--laps", "6", "--cases", "90", "--pin")
    assert done.returncode == 0, done.stdout + done.stderr
    (tuned,) = [one for one in own_store().entries() if "tuned" in one.name]
    assert tuned.name == "slm-lsp-tiny-tuned-kestrel"
    assert f'+sha256 = "{tuned.sha256}"' in done.stdout
    written = (habits / "slm-lsp.toml").read_text()
    assert tuned.sha256 in written and written.startswith("# Ours.\n")
    assert "90 line ends in" in done.stdout and "exact match" in done.stdout
    told = report()
    assert told["helps"] and told["exact"]["low"] > 0 and told["exact"]["after"] > 0.15, told
    assert told["similarity"]["low"] > 0, told
    assert told["files_held_out"] >= 5 and told["lines_in_no_learnt_file"]
    assert read_header(tuned.path).metadata["general.name"] == tuned.name

    async with Editor.start() as editor:
        await editor.initialize(root=habits)
        model = (await editor.ready())["model"]
    assert (model["name"], model["sha256"]) == (tuned.name, tuned.sha256)


def test_without_gain_nothing_is_kept_but_the_report(tiny: ModelFile, tmp_path: Path) -> None:
    root = pinned(write_noise(tmp_path / "noise"), tiny)
    before = (root / "slm-lsp.toml").read_text()
    done = tune(root, "--laps", "1", "--cases", "30", "--pin")
    assert done.returncode == command.NO_GAIN, done.stderr
    assert "not installed: the interval of the gain in exact match includes zero" in done.stdout
    assert (root / "slm-lsp.toml").read_text() == before
    assert [one.name for one in own_store().entries()] == ["slm-lsp-tiny"]
    assert not report()["helps"] and report()["exact"]["low"] <= 0
    (folder,) = (p.parent for p in Path(os.environ["SLM_LSP_HOME"]).rglob("report.json"))
    assert {entry.name for entry in folder.iterdir()} <= {"report.json", "loss.csv", "lock"}


def test_ctrl_c_saves_and_the_same_command_goes_on(habits: Path) -> None:
    process = subprocess.Popen(
        [*TUNE, str(habits), *MANY, "--laps", "1", "--cases", "30"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    home = Path(os.environ["SLM_LSP_HOME"])
    deadline = time.monotonic() + 300
    while not list(home.rglob("loss.csv")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "stopped, and saved" in said
    (steps,) = home.rglob("loss.csv")
    n_before = len(steps.read_text().splitlines())
    done = tune(habits, "--laps", "1", "--cases", "30", "--keep")
    assert done.returncode in (0, command.NO_GAIN), done.stderr
    assert "going on with the run that was stopped" in done.stderr
    assert "asking about held-out files" not in done.stderr
    assert len(steps.read_text().splitlines()) > n_before


def test_it_reaches_no_network_and_gives_way_to_others(habits: Path) -> None:
    """Asked of a process that has withdrawn as the command does before it reads anything."""
    asked = (
        "import os, socket, sys; from pathlib import Path; from slm_lsp.commands.tune import *\n"
        f"withdraw(Path({str(habits)!r})); print(os.nice(0))\n"
        "try: socket.create_connection(('127.0.0.1', 9), 1)\n"
        "except PermissionError: print('refused')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=False
    )
    nice, refused = done.stdout.split()
    assert int(nice) >= min(19, os.nice(0) + command.NICE) and refused == "refused", done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("/nowhere",), "/nowhere is not a folder"),
        ((".", "--minutes", "0"), "--minutes is more than 0"),
    ],
)
def test_mistakes_are_one_sentence(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*TUNE, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 1
    assert done.stderr.startswith("slm-lsp: ") and said in done.stderr
    assert len(done.stderr.splitlines()) == 1
