"""What git is asked for `--diff`: nothing of the repository runs, and nothing is fetched."""

import os
import subprocess
from pathlib import Path

import pytest

from slm_lsp.commands.changes import NoRevision, Repository


def git(folder: Path, *arguments: str) -> None:
    as_somebody = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *as_somebody, "-C", str(folder), *arguments], check=True)


def repository(root: Path, **files: str) -> Path:
    root.mkdir()
    git(root, "init", "-q")
    return commit(root, **files)


def commit(root: Path, **files: str) -> Path:
    for name, text in files.items():
        (root / name).write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    return root


def ask(root: Path, revision: str = "HEAD") -> dict[str, frozenset[int] | None]:
    """Everything that a check asks, after a change that git does not know of."""
    (root / "a.py").write_text("x = 2\n")
    found = Repository.at(root, revision)
    return {path.name: found.new_lines(path) for path in found.changed_files()}


def program(path: Path, ran: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\ntouch '{ran}'\ncat\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    "key",
    [
        "filter.x.clean", "filter.x.process", "filter.a.b.clean", "core.fsmonitor",
        "diff.x.command", "diff.x.textconv", "diff.external",
    ],
)  # fmt: skip
def test_no_program_of_the_configuration_runs(key: str, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    root = repository(tmp_path / "r", **{"a.py": "x = 1\n"})
    kind, name = key.split(".")[0], ".".join(key.split(".")[1:-1]) or "x"
    (root / ".git/info/attributes").write_text(f"* {kind}={name}\n")
    git(root, "config", key, str(program(tmp_path / "program", ran)))
    git(root, "config", "filter.x.required", "true")
    assert ask(root) == {"a.py": {0}}
    assert not ran.exists()


@pytest.mark.parametrize("part", ["", "."])
def test_no_git_of_the_repository_runs(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    root = repository(tmp_path / "r", **{"a.py": "x = 1\n"})
    program(root / "git", ran)
    monkeypatch.chdir(root)
    monkeypatch.setenv("PATH", part + os.pathsep + os.environ["PATH"])
    found = ask(root)
    assert found["a.py"] == {0}
    assert not ran.exists()


def test_no_hook_runs(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", **{"a.py": "x = 1\n", "b.py": "y = 1\n"})
    program(root / ".git/hooks/post-index-change", tmp_path / "ran")
    os.utime(root / "b.py", (1, 1))  # which git would note
    assert ask(root) == {"a.py": {0}}
    assert not (tmp_path / "ran").exists()


def test_nothing_runs_in_a_submodule(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", **{"b.py": "y = 1\n"})
    root = repository(tmp_path / "r", **{"a.py": "x = 1\n"})
    git(root, "submodule", "--quiet", "add", str(inner), "sub")
    commit(root)
    git(root / "sub", "config", "filter.y.clean", str(program(tmp_path / "p", tmp_path / "ran")))
    (root / ".git/modules/sub/info/attributes").write_text("* filter=y\n")
    (root / "sub/b.py").write_text("y = 2\n")
    assert ask(root) == {"a.py": {0}}
    assert not (tmp_path / "ran").exists()


def test_a_filter_that_cannot_be_left_out_is_named(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", **{"a.py": "x = 1\n"})
    with (root / ".git/config").open("a") as file:
        file.write(f'[filter "a=b"]\n\tclean = {program(tmp_path / "p", tmp_path / "ran")}\n')
    (root / ".git/info/attributes").write_text("* filter=a=b\n")
    with pytest.raises(NoRevision, match="filter.a=b"):
        ask(root)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("lacking", ["blob:none", "tree:0"])
def test_nothing_is_fetched(lacking: str, tmp_path: Path) -> None:
    source = repository(tmp_path / "source", **{"a.py": "x = 0\n"})
    commit(source, **{"a.py": "x = 1\n"})
    git(source, "config", "uploadpack.allowFilter", "true")
    clone = ("clone", "-q", f"--filter={lacking}", source.as_uri(), "clone")
    git(tmp_path, *clone)
    root, asked = tmp_path / "clone", tmp_path / "asked"
    git(root, "config", "remote.origin.uploadpack", f"touch '{asked}'; git-upload-pack")
    assert ask(root) == {"a.py": {0}}
    with pytest.raises(NoRevision, match="lacks files of"):
        ask(root, "HEAD~1")
    assert not asked.exists()


def test_a_name_is_no_pattern(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", **{"a.py": "", "[id].py": "x = 1\n", "i.py": "x = 1\n"})
    (root / "i.py").write_text("x = 1\ny = 1\nz = 1\n")
    (root / "[id].py").write_text("x = 2\n")
    assert ask(root) == {"a.py": {0}, "[id].py": {0}, "i.py": {1, 2}}
