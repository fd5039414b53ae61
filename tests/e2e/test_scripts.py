"""The scripts where something is missing, or asked for nonsense: one sentence, with the cure."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "dirname", "basename", "cksum", "cat", "env", "git", "mktemp", "nice", "rm")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The scripts without an installation, and a PATH with hardly anything on it."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def run(checkout: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "scripts" / script, *arguments],
        capture_output=True,
        text=True,
        env={"PATH": str(checkout / "bin")},
    )


def provide(checkout: Path, name: str, script: str) -> None:
    path = checkout / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("script", ["demo", "test"])
def test_without_python(checkout: Path, script: str) -> None:
    done = run(checkout, script)
    assert done.returncode == 1
    assert "apt-get install python3 python3-venv" in done.stderr


def test_with_an_old_python(checkout: Path) -> None:
    provide(checkout, "python3", "exit 1  # as `sys.version_info < (3, 11)` would make it")
    assert "no Python 3.11 or newer" in run(checkout, "demo").stderr


def test_without_venv(checkout: Path) -> None:
    provide(checkout, "python3", 'case "$2" in *ensurepip*) exit 1;; esac')
    done = run(checkout, "demo")
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


@pytest.mark.parametrize("missing", ["cc", "c++"])
def test_without_a_compiler(checkout: Path, missing: str) -> None:
    provide(checkout, "python3", f'exec {sys.executable} "$@"')
    for compiler in {"cc", "c++"} - {missing}:
        provide(checkout, compiler, "exit 0")
    done = run(checkout, "demo")
    assert done.returncode == 1
    assert f"no {missing} found" in done.stderr
    assert "apt-get install build-essential" in done.stderr
    assert not (checkout / ".venv").exists()


def test_what_is_installed_is_not_installed_again(checkout: Path) -> None:
    """A stamp by the hash of what is asked for: re-runs take no time, changes are noticed."""
    bin = checkout / ".venv" / "bin"
    bin.mkdir(parents=True)
    for name in ("python", "slm-lsp", "ruff", "pyright", "pytest"):
        (bin / name).write_text(f'#!/bin/sh\necho "{name} $@" >>{checkout}/ran\n')
        (bin / name).chmod(0o755)
    provide(checkout, "python3", f'exec {sys.executable} "$@"')
    for compiler in ("cc", "c++"):
        provide(checkout, compiler, "exit 0")

    def pip_runs() -> int:
        assert run(checkout, "test").returncode == 0
        return (checkout / "ran").read_text().count("-m pip install")

    # What is pinned, by its hashes; then the repository.
    assert pip_runs() == 2
    assert pip_runs() == 2
    for n, name in enumerate(("pyproject.toml", "requirements/test.txt"), 2):
        with (checkout / name).open("a") as file:
            file.write("# changed\n")
        assert pip_runs() == 2 * n
    ran = (checkout / "ran").read_text()
    assert ran.count("--require-hashes --requirement requirements/test.txt") == 3
    runs = (
        "ruff check",
        " --ignore=tests/editors ",
        "=1 tests/editors",
        "=1 tests/e2e",
        " tests/tune",
    )
    assert [ran.count(one) for one in runs] == [4, 4, 4, 4, 4]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_arguments_go_to_pytest_and_failures_are_named(checkout: Path) -> None:
    bin = checkout / ".venv" / "bin"
    bin.mkdir(parents=True)
    for name in ("python", "slm-lsp", "ruff", "pyright", "pytest"):
        failing = "exit 1" if name in ("pyright", "pytest") else ""
        (bin / name).write_text(f'#!/bin/sh\necho "{name} $@" >>{checkout}/ran\n{failing}\n')
        (bin / name).chmod(0o755)
    provide(checkout, "python3", f'exec {sys.executable} "$@"')
    for compiler in ("cc", "c++"):
        provide(checkout, compiler, "exit 0")
    done = subprocess.run(
        [checkout / "scripts" / "test", "-k", "one thing"],
        capture_output=True,
        text=True,
        env={"PATH": str(checkout / "bin")},
    )
    assert done.returncode == 1
    assert "not passed: pyright pytest" in done.stderr
    assert "pytest -k one thing\n" in (checkout / "ran").read_text()


@pytest.mark.parametrize("room", ["editors", "e2e", "training"])
def test_rooms_that_fail_are_named(checkout: Path, room: str) -> None:
    """They are tested beside the others, and what they said is told."""
    bin = checkout / ".venv" / "bin"
    bin.mkdir(parents=True)
    for name in ("python", "slm-lsp", "ruff", "pyright"):
        (bin / name).write_text("#!/bin/sh\nexit 0\n")
    (bin / "pytest").write_text(
        f'#!/bin/sh\ncase "$*" in *" tests/{room}"*) echo broken; exit 1; esac\n'
    )
    for program in bin.iterdir():
        program.chmod(0o755)
    provide(checkout, "python3", f'exec {sys.executable} "$@"')
    for compiler in ("cc", "c++"):
        provide(checkout, compiler, "exit 0")
    done = run(checkout, "test")
    assert done.returncode == 1
    assert f"not passed: tests/{room}\n" in done.stderr and "broken" in done.stdout


def test_without_git(checkout: Path) -> None:
    """Once everything is installed: git is all that is missing then."""
    (checkout / "bin" / "git").unlink()
    (checkout / ".venv" / "bin").mkdir(parents=True)
    provide(checkout, "python3", f'exec {sys.executable} "$@"')
    for compiler in ("cc", "c++"):
        provide(checkout, compiler, "exit 0")
    for name in ("python", "slm-lsp"):
        path = checkout / ".venv" / "bin" / name
        path.write_text("#!/bin/sh\nexit 0\n")
        path.chmod(0o755)
    assert "apt-get install git" in run(checkout, "test").stderr


@pytest.mark.parametrize(
    ("step", "told"),
    [("sok", "there are ci, strace, handlings, fuzz, soak"), ("positions", "POSITIONS=DIR")],
)
def test_a_step_before_a_release_that_cannot_be_taken(checkout: Path, step: str, told: str) -> None:
    """It is told at once, not after the hours that the others take."""
    done = run(checkout, "before-release", "ci", step)
    assert done.returncode == 1
    assert told in done.stderr and done.stdout == ""
