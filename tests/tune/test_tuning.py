"""Tuning as a whole: refuses, and goes on. Whether it helps: test_command.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from slm_lsp.errors import CannotTune, ModelError
from slm_lsp.models.digest import sha256_of
from slm_lsp.tune.run import run_folder
from slm_lsp.tune.tuning import Interrupted, Job, Tuned, tune
from tests.support.idioms import write_habits
from tests.tune.conftest import Story

pytestmark = pytest.mark.slow

MakeJob = Callable[..., Job]


def run(job: Job, story: Story) -> Tuned:
    with run_folder(job.root) as folder:
        return tune(job, folder, story, story.stopping)


def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(a_job: MakeJob, tmp_path: Path) -> None:
    # Which arithmetic is faster is measured, and may come out otherwise the second time.
    job = a_job(write_habits(tmp_path / "kestrel"), n_laps=1, n_cases=30, half=False)
    with pytest.raises(Interrupted):
        run(job, Story(stop_after=3))
    # What is edited meanwhile does not matter: the run has its own copy.
    for path in sorted(job.root.glob("kestrel/*.py"))[:12]:
        path.write_text("print('edited')\n")
    story = Story()
    resumed = run(job, story)
    assert story.lines[0] == "going on with the run that was stopped"
    assert story.stages == ["training", "asking again"]
    first = sha256_of(resumed.path)
    steps = [
        int(line.split(",")[0])
        for line in resumed.path.with_name("loss.csv").read_text().splitlines()[1:]
    ]
    assert steps == list(range(1, len(steps) + 1)) and len(steps) > 4

    write_habits(job.root)
    with run_folder(job.root) as folder:
        folder.clear()
    assert sha256_of(run(job, Story()).path) == first


def test_too_little_code_is_said_so(a_job: MakeJob, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(CannotTune, match="too small to be tuned on"):
        run(a_job(tmp_path), Story())


def test_two_runs_on_one_repository_do_not_meet(a_job: MakeJob, tmp_path: Path) -> None:
    with run_folder(tmp_path), pytest.raises(CannotTune, match="another process"):
        run(a_job(tmp_path), Story())


def test_a_full_disk_is_said_so(a_job: MakeJob, tmp_path: Path) -> None:
    job = a_job(write_habits(tmp_path / "kestrel"), n_laps=1, n_cases=30)

    class FullDisk(Story):
        def stage(self, name: str) -> None:
            super().stage(name)
            if name == "training":
                (folder.path / "checkpoint.part").symlink_to("/dev/full")

    story = FullDisk(stop_after=1)
    with pytest.raises(ModelError, match="the disk is full"), run_folder(job.root) as folder:
        tune(job, folder, story, story.stopping)
    story = Story(stop_after=1)
    with pytest.raises(Interrupted), run_folder(job.root) as folder:
        (folder.path / "checkpoint.part").unlink()
        tune(job, folder, story, story.stopping)
    assert story.stages == ["training"], "what was asked before is not asked again"
