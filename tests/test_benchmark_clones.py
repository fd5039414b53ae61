"""What `benchmarks.clones` prints brings the clones that the benchmarks find."""

import subprocess
from pathlib import Path

import pytest

from benchmarks import clones
from training.clones import find_clones


@pytest.mark.parametrize("which", clones.SETS)
def test_every_repository_is_named_with_a_whole_commit(which: str) -> None:
    wanted = clones.wanted(which)

    assert wanted
    assert all(len(commit) == 40 for commit, _ in wanted.values())
    assert len({name for _, name in wanted.values()}) == len(wanted)


def test_a_shell_that_is_given_it_makes_the_clones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    origin = tmp_path / "forge" / "owner" / "name"
    origin.mkdir(parents=True)
    git = ["git", "-C", str(origin), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for text in ("measured", "newer"):
        (origin / "a.py").write_text(text)
        subprocess.run([*git, "add", "a.py"], check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", text], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD~"], capture_output=True, text=True, check=True)
    monkeypatch.setattr(clones, "CORPUS", {"owner/name": head.stdout.strip()})
    folder = tmp_path / "my clones"

    for _ in range(2):  # the second time finds them there
        clones.main(["positions", str(folder), "--from", str(tmp_path / "forge")])
        subprocess.run(["sh", "-e"], input=capsys.readouterr().out, text=True, check=True)

    assert (folder / "owner" / "name" / "a.py").read_text() == "measured"
    assert list(find_clones(folder)) == ["owner/name"]
