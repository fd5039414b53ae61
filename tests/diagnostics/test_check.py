"""`slm-lsp check` in a repository of its own."""

import errno
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from slm_lsp.cli import main
from slm_lsp.commands import check_sources
from slm_lsp.regular_file import open_regular
from tests.support.checked import NEW, OLD, check, git


def test_everything_below_a_folder(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = check(capsys)
    assert code == 1
    assert out.splitlines() == [
        "a.py:2:12: warning: `widht` is not defined anywhere; `width` is. [misspelt-name]",
        "    return widht * height",
        "    fix: Change to `width`",
    ]
    (repository / "a.py").write_text("def f():\n    return 1\n")
    assert check(capsys, "a.py") == (0, "", "nothing found; 1 file checked\n")


def test_only_what_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(capsys, "--diff", "HEAD") == (0, "", "nothing found; no file checked\n")
    (repository / "a.py").write_text(NEW)
    (repository / "new.py").write_text("def g(:\n    pass\n")
    code, out, _ = check(capsys, "--diff", "HEAD", "--format", "json")
    found = {(one["path"], one["line"], one["rule"]) for one in json.loads(out)}
    assert code == 1
    assert found == {("a.py", 6, "swapped-arguments"), ("new.py", 1, "syntax")}
    assert check(capsys, "--diff", "HEAD", "a.py")[1].count("[") == 1


def test_a_fix_says_where_it_belongs(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["x = 1", "y = (x + 2"]
    (repository / "a.py").write_text("\n".join(lines) + "\n")
    [found] = json.loads(check(capsys, "--format", "json")[1])
    fixed: list[str] = []
    for fix in found["fixes"]:
        assert (fix["line"], fix["end_line"]) == (2, 2)
        before, after = lines[1][: fix["column"] - 1], lines[1][fix["end_column"] - 1 :]
        fixed.append(before + fix["new_text"] + after)
    assert fixed[0] == "y = (x + 2)" and len(set(fixed)) == len(fixed)


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_every_terminal_takes_what_is_printed(
    repository: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    (repository / "a.py").write_text(OLD.replace("widht * height", "widht * 'ж'"), "utf-8")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
    assert main(["check", "--format", form]) == 1
    sys.stdout.flush()
    if form == "text":
        assert b"return widht * '\\u0436'" in written.getvalue()
    else:
        assert "misspelt-name" in json.dumps(json.loads(written.getvalue().decode("utf-8")))


def test_findings_are_in_order_and_paths_as_seen_from_here(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "a.py").write_text(NEW + "\n\nx = roon(1, 2)\n")
    lines = [one["line"] for one in json.loads(check(capsys, "--format", "json")[1])]
    assert lines == [2, 6, 9]
    (repository / "sub").mkdir()
    monkeypatch.chdir(repository / "sub")
    found = json.loads(check(capsys, "--diff", "HEAD", "--format", "json")[1])
    assert {one["path"] for one in found} == {"../a.py"}


def test_a_file_in_no_language_is_named(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "notes.txt").write_text("def f(:\n")
    code, _, err = check(capsys, "notes.txt")
    assert code == 0 and "notes.txt is in no language that is checked" in err


@pytest.mark.parametrize("arguments", [[], ["."], ["long.js", "a.py"], ["--diff", "HEAD"]])
def test_a_file_that_is_too_large_is_named(
    repository: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    monkeypatch.setattr(check_sources, "MAX_CHECKED", 1_000)
    (repository / "long.js").write_text("a = 1;  // ä\n" * 77)
    (repository / "fits.js").write_text("a = 1;  // ä\n" * 75 + "let = (;\n")
    _, out, err = check(capsys, *arguments)
    assert err == "slm-lsp: long.js has more than 1,000 characters and was left out\n"
    assert ("fits.js:76:" in out) == ("a.py" not in arguments)


def test_a_file_that_cannot_be_read_costs_itself(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> BinaryIO:
        if path.name == "b.py":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return open_regular(path)

    monkeypatch.setattr(check_sources, "open_regular", refused)
    (repository / "b.py").write_text("def f(:\n")
    code, out, err = check(capsys)
    assert code == 1 and out.startswith("a.py:2:12:")
    assert err == "slm-lsp: b.py cannot be read (Permission denied) and was left out\n"
    assert check(capsys, "b.py") == (2, "", "slm-lsp: cannot read b.py: Permission denied\n")


def test_a_terminal_shows_how_far_it_is(repository: Path) -> None:
    for number in range(20):
        (repository / f"file{number}.py").write_text("a = 1\n")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-P", "-m", "slm_lsp.cli", "check", "."]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 1 and done.stdout.startswith(b"a.py:2:12: warning")
    assert "checking" in shown and "100%" in shown


@pytest.mark.parametrize("arguments", [["--top", "0"], ["--top", "x"], ["--odd", "--review"]])
def test_what_makes_no_sense_is_refused(repository: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["check", *arguments])
    assert end.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["a.py", ""], "'' names no file"),
        ([f"{'x' * 300}.py"], "File name too long"),
        (["--diff", "nope"], "'nope' is not a revision"),
        (["--diff", ""], "'' is not a revision"),
        (["--diff=--output=x"], "is not a revision"),
        (["--turn-on", "nope"], "there is no rule 'nope'"),
    ],
)
def test_what_cannot_be_checked(
    repository: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], cause: str
) -> None:
    code, out, err = check(capsys, *arguments)
    assert (code, out) == (2, "") and cause in err
    assert not (repository / "x").exists()


def test_outside_of_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    code, _, err = check(capsys, "--diff", "HEAD")
    assert code == 2 and "not in a git repository" in err


def test_a_folder_beside_the_repository_is_not_its_to_leave_out(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / ".gitignore").write_text("b.py\n")
    plain = repository.parent / "plain"
    plain.mkdir()
    (plain / "b.py").write_text("x = 1\n")
    assert check(capsys, "../plain") == (0, "", "nothing found; 1 file checked\n")


def test_settings_and_dismissals_count(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "slm-lsp.toml").write_text('[diagnostics]\ndisabled_rules = ["misspelt-name"]\n')
    assert check(capsys)[0] == 0
    assert "misspelt-name        off: disabled_rules" in check(capsys, "--rules")[1]


def test_a_rule_comes_back(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from slm_lsp.diagnostics.dismissals import Dismissals
    from slm_lsp.places import home

    Dismissals.load(home() / "dismissals.json").turn_off("misspelt-name")
    assert check(capsys)[0] == 0
    assert "turned off by hand" in check(capsys, "--rules")[1]
    assert check(capsys, "--turn-on", "misspelt-name")[0] == 0
    assert check(capsys)[0] == 1
    assert "on already" in check(capsys, "--turn-on", "misspelt-name")[1]


def test_a_rule_that_cannot_be_turned_on_again_is_said_to_stay_off(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from slm_lsp.diagnostics.dismissals import Dismissals
    from slm_lsp.places import home

    Dismissals.load(home() / "dismissals.json").turn_off("misspelt-name")
    monkeypatch.setattr("slm_lsp.diagnostics.dismissals.keep", lambda *_: False)
    code, out, err = check(capsys, "--turn-on", "misspelt-name")
    assert (code, out) == (2, "") and "stays off: " in err


def test_hostile_git_settings_run_nothing(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git("config", "core.fsmonitor", "touch fsmonitor-ran; false")
    git("config", "diff.evil.command", "touch diff-ran")
    git("config", "diff.evil.textconv", "touch textconv-ran; cat")
    (repository / ".gitattributes").write_text("*.py diff=evil\n")
    (repository / "a.py").write_text(NEW)
    check(capsys, "--diff", "HEAD")
    from slm_lsp.commands.changes import Repository

    assert Repository.at(repository, "HEAD").new_lines(repository / "a.py") == {2, 3, 4, 5}
    assert sorted(path.name for path in repository.iterdir()) == [".git", ".gitattributes", "a.py"]
