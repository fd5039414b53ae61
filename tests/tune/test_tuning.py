"""Tuning as a whole, on repositories that are made for it: helps, refuses, goes on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from slm_lsp.errors import CannotTune, ModelError
from slm_lsp.models.digest import sha256_of
from slm_lsp.models.gguf import read_header
from slm_lsp.tune.run import run_folder
from slm_lsp.tune.tuning import Interrupted, Job, Tuned, tune
from tests.support.idioms import write_habits, write_noise
from tests.tune.conftest import Story

pytestmark = pytest.mark.slow

MakeJob = Callable[..., Job]


def run(job: Job, story: Story) -> Tuned:
    with run_folder(job.root) as folder:
        return tune(job, folder, story, story.stopping)


def test_habits_are_learnt(a_job: MakeJob, tmp_path: Path) -> None:
    job = a_job(write_habits(tmp_path / "kestrel"), n_laps=6, n_cases=90)
    story = Story()
    tuned = run(job, story)
    assert tuned.verdict.helps, tuned.verdict
    assert tuned.verdict.exact.after > 0.15, tuned.verdict
    assert tuned.verdict.similarity.is_gain
    assert story.stages[-3:] == ["asking about held-out files", "training", "asking again"]
    assert story.shares[-1] > 0.9
    assert read_header(tuned.path).metadata["general.name"] == "slm-lsp-tiny-tuned-kestrel"
    told = json.loads(tuned.path.with_name("report.json").read_text())
    assert (
        told["helps"]
        and told["exact"]["low"] > 0
        and told["files_held_out"] >= 5
        and told["lines_in_no_learnt_file"]
    )


def test_noise_teaches_nothing(a_job: MakeJob, tmp_path: Path) -> None:
    tuned = run(a_job(write_noise(tmp_path / "noise"), n_laps=3), Story())
    assert not tuned.verdict.helps
    assert tuned.verdict.exact.low <= 0


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

    with pytest.raises(ModelError, match="the disk is full"), run_folder(job.root) as folder:
        tune(job, folder, FullDisk(), lambda: False)
    with run_folder(job.root) as folder:
        (folder.path / "checkpoint.part").unlink()
        story = Story()
        tune(job, folder, story, story.stopping)
    assert story.stages == ["training", "asking again"]
