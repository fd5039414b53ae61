"""The command line, as a person or a script uses it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slm_lsp.cli import COMMANDS as TABLE

COMMAND = (sys.executable, "-P", "-m", "slm_lsp.cli")
COMMANDS = [command.name for command in TABLE]
TEXT = "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return \n"


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, cwd=cwd, timeout=120
    )


@pytest.fixture
def area(tmp_path: Path) -> Path:
    path = tmp_path / "area.py"
    path.write_text(TEXT)
    return path


def test_help_names_every_command() -> None:
    shown = run("--help").stdout
    assert all(command in shown for command in COMMANDS)


def test_help_loads_no_heavy_modules() -> None:
    code = (
        "import sys; from slm_lsp.cli import build_parser; build_parser([]); "
        "print(sorted({m.partition('.')[0] for m in sys.modules} & "
        "{'pygls', 'lsprotocol', 'llama_cpp', 'tree_sitter', 'numpy', 'asyncio'}))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"slm-lsp {command}" in done.stdout


def test_version_and_mistakes() -> None:
    assert run("--version").stdout.startswith("slm-lsp 0.")
    assert run("no-such-command").returncode == 2
    assert run().returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk to write to")
@pytest.mark.parametrize(
    "command", ["check", "check --format json", "check --rules", "config show", "config show --all"]
)
def test_a_full_disk_is_no_finding(command: str, area: Path) -> None:
    area.write_text("def f(:\n" * 500)  # more than is kept back before it is written
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, *command.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=area.parent,
        )
    said = "slm-lsp: not everything could be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, said)


@pytest.mark.parametrize("command", ["check", "config show", "models list", "doctor"])
def test_a_folder_that_is_gone(command: str, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    script = 'rmdir ../gone && exec "$@"'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *COMMAND, *command.split()],
        capture_output=True,
        text=True,
        cwd=tmp_path / "gone",
    )
    said = "slm-lsp: the folder that this was called in is gone; change to another one\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_a_log_file_that_cannot_be_written(tmp_path: Path) -> None:
    done = run("serve", "--log-file", str(tmp_path))
    said = f"slm-lsp: {tmp_path}: Is a directory\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


@pytest.mark.parametrize(
    ("closed", "out", "code"),
    [("2>&-", "[]", 0), (">&-", "", 0), ("<&- 2>&-", "[]", 0), ("<&- >&- 2>&-", "", 0)],
)
def test_streams_that_are_closed(area: Path, closed: str, out: str, code: int) -> None:
    (area.parent / "notes.txt").write_text("what is said of this belongs to stderr\n")
    command = [*COMMAND, "check", "--format", "json", "area.py", "notes.txt"]
    area.write_text("a = 1\n")
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *command],
        capture_output=True,
        text=True,
        cwd=area.parent,
    )
    assert (done.stdout.strip(), done.returncode) == (out, code), done.stderr
    assert "Traceback" not in done.stderr


def test_a_pipe_is_not_waited_for(area: Path) -> None:
    os.mkfifo(area.parent / "pipe.py")
    for arguments in (("check", "pipe.py"), ("complete", "pipe.py:1:1")):
        done = run(*arguments, cwd=area.parent)
        assert done.stderr == "slm-lsp: cannot read pipe.py: this is not a regular file\n"


def test_complete(area: Path) -> None:
    done = run("complete", f"{area}:6:12")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("    return ├")
    assert done.stdout.endswith("┤\n")
    assert "ms" in done.stderr


def test_complete_as_json_with_its_explanation(area: Path) -> None:
    done = run("complete", "area.py:6:12", "--json", "--explain", cwd=area.parent)
    said = json.loads(done.stdout)
    assert said["suggestion"].strip()
    assert said["elapsed_ms"] > 0
    assert said["explanation"]["prompt"]
    assert "area.py" in said["explanation"]["prompt"][1]["text"]


def test_complete_says_what_is_wrong_with_the_settings(area: Path) -> None:
    (area.parent / "slm-lsp.toml").write_text("[completion]\nmax_line_tokens = 9999\n")
    done = run("complete", "area.py:6:12", cwd=area.parent)
    assert done.returncode == 0 and "├" in done.stdout
    (said,) = [line for line in done.stderr.splitlines() if "max_line_tokens" in line]
    assert said.startswith("slm-lsp.toml:2:")


def test_complete_in_a_file_whose_name_is_not_utf_8(area: Path) -> None:
    folder = area.parent / "caf\udce9"
    folder.mkdir()
    named = area.rename(folder / "b\udcff.py")
    (folder / "beside.py").write_text(TEXT)
    done = run("complete", f"{named}:6:12", "--json", "--explain")
    assert done.returncode == 0, done.stderr
    assert "b\ufffd.py" in json.loads(done.stdout)["explanation"]["prompt"][1]["text"]
    assert "was not read" not in done.stderr


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ("area.py", "is not FILE:LINE:COL"),
        ("area.py:6", "is not FILE:LINE:COL"),
        ("area.py:six:1", "is not FILE:LINE:COL"),
        ("area.py:0:1", "count from 1"),
        ("area.py:6:0", "count from 1"),
        (f"area.py:{'1' * 5000}:1", "no file has so many lines"),
        ("area.py:99:1", "has 7 lines, not 99"),
        ("area.py:6:99", "columns are 1 to 12, not 99"),
        ("gone.py:1:1", "No such file"),
        (".:1:1", "this is a folder"),
        ("binary:1:1", "is a binary file"),
        ("latin1.py:1:1", "is not UTF-8 text"),
    ],
)
def test_places_that_are_none(area: Path, place: str, complaint: str) -> None:
    (area.parent / "binary").write_bytes(b"\x7fELF\0\0\0")
    (area.parent / "latin1.py").write_bytes("é = 1\n".encode("latin-1"))
    done = run("complete", place, cwd=area.parent)
    assert done.returncode == 1
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_nothing_to_suggest_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("")
    done = run("complete", "empty.py:1:1", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "nothing to suggest" in done.stderr


def test_doctor_finds_all_well() -> None:
    done = run("doctor", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["ok"]) == (0, True), done.stdout
    names = [check["name"] for check in said["checks"]]
    assert {"python", "llama.cpp", "cpu", "model", "inference", "completion"} <= set(names)


def test_doctor_names_the_cure(tmp_path: Path) -> None:
    (tmp_path / "slm-lsp.toml").write_text('[model]\nname = "other"\nsha256 = "%s"\n' % ("0" * 64))
    done = run("doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert "FAIL  model" in done.stdout
    assert "slm-lsp models add FILE" in done.stdout


def test_output_that_nobody_reads(area: Path) -> None:
    done = subprocess.run(
        f"{' '.join(COMMAND)} complete {area}:6:12 | true",
        shell=True,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr


def test_the_demo() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-P", "scripts/demo.py"], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "├" in done.stdout and " ms" in done.stdout and "network" in done.stdout


@pytest.mark.parametrize("place", ["foo", "/nowhere:1:1", "README.md:100000:1"])
def test_the_demo_of_a_place_that_is_none(place: str) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-P", "scripts/demo.py", place]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("demo: ") and done.stderr.count("\n") == 1
