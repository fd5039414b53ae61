"""`slm-lsp tune`, from a repository to a model that completes its code better, or to a refusal.

    questions about held-out files, asked of the model that serves
    → training on all other files
    → the same questions, asked of the result
    → a verdict

Each step leaves its result in the run's folder, so that the next call goes on behind it.
"""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from slm_lsp.errors import CannotTune
from slm_lsp.models.digest import sha256_of
from slm_lsp.models.types import ModelFile
from slm_lsp.settings import Settings
from slm_lsp.tune import MAX_LAPS
from slm_lsp.tune.accuracy import Case
from slm_lsp.tune.asking import MIN_CASES, MIN_FILES, Subject, ask_all, choose_cases, read_answers
from slm_lsp.tune.neighbours import Neighbourhood
from slm_lsp.tune.repository import Division, divide, read_repository
from slm_lsp.tune.run import RunFolder, State
from slm_lsp.tune.trainable import Trainable, check_trainable
from slm_lsp.tune.verdict import Asked, Verdict, judge

# Of the whole time, for the questions before; those after take as long.
ASK_SHARE = 0.12
# On a machine that is kept busy the questions take longer: so many are asked all the same, since
# what few of them say is no verdict.
ENOUGH_CASES = 200
# For reading, loading and writing, in minutes: of a long run a minute, of a short one a part.
REST_SHARE, MAX_REST = 0.1, 1.0
MIN_LINES = 300


class Reporter(Protocol):
    """Hears how far a run is."""

    def stage(self, name: str) -> None: ...

    def advanced(self, share: float, note: str) -> None:
        """`share` of this stage is done, 0 to 1."""
        ...

    def say(self, line: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked for."""

    root: Path
    settings: Settings
    model: ModelFile
    minutes: float
    n_threads: int
    n_cases: int
    seed: int | None
    n_laps: int = MAX_LAPS
    half: bool | None = None  # bf16 products; None: whichever is faster here


class Interrupted(Exception):
    """The person stopped the run; everything is saved."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """A finished run. `path` is the new model, in the run's folder."""

    path: Path
    name: str
    verdict: Verdict
    novel: Verdict | None  # over the lines that stand in no file that was learnt from


def tune(job: Job, folder: RunFolder, reporter: Reporter, stopping: Callable[[], bool]) -> Tuned:
    """Begin a run or go on with the one in `folder`. Raises Interrupted and CannotTune."""
    base = check_trainable(job.model.path, job.model.name, job.settings.model)
    seed = _seed(job, base)
    division, state = _begin(job, base, folder, seed, reporter)
    cases = choose_cases(division.held_out, state.n_cases, seed)
    if len(cases) < MIN_CASES or len({case.path for case in cases}) < MIN_FILES:
        folder.clear()
        raise CannotTune(
            f"{job.root} is too small to be tuned on: {len(cases)} lines of held-out files can be "
            f"asked about, and {MIN_CASES} in {MIN_FILES} files are needed to tell a gain from "
            "chance"
        )
    everything = (*division.learnt, *division.held_out, *division.copies)
    neighbours = Neighbourhood(everything, job.settings, folder.path)

    def asked(model: ModelFile, kept: Path, cases: list[Case], limit_s: float) -> list[Asked]:
        subject = Subject(model.path, model.sha256, base.template, job.settings, job.n_threads)
        started = time.monotonic()

        def go_on(n_answered: int) -> bool:
            reporter.advanced(n_answered / len(cases), f"{n_answered} of {len(cases)}")
            late = time.monotonic() - started > limit_s and n_answered >= ENOUGH_CASES
            return not late and not stopping()

        answers = ask_all(subject, cases, neighbours, kept, go_on)
        if stopping():
            raise Interrupted
        return answers

    try:
        if state.train_minutes is None:
            reporter.stage("asking about held-out files")
            started = time.monotonic()
            before = asked(job.model, folder.before, cases, 60 * ASK_SHARE * job.minutes)
            seconds = time.monotonic() - started
            rest = min(MAX_REST, REST_SHARE * job.minutes)
            minutes = max(0.25 * job.minutes, job.minutes - rest - 2 * seconds / 60)
            state = folder.update(state, train_minutes=minutes, ask_seconds=seconds)
        before = read_answers(folder.before)
        name = f"{base.name}-tuned-{job.root.name}"
        if not folder.tuned.exists():
            from slm_lsp.tune.training import train_model

            reporter.stage("training")
            train_model(job, base, division, state, folder, name, seed, reporter, stopping)
        reporter.stage("asking again")
        tuned = ModelFile(folder.tuned, sha256_of(folder.tuned), folder.tuned.stat().st_size, name)
        after = asked(tuned, folder.after, cases[: len(before)], math.inf)
    finally:
        neighbours.close()
    verdict = judge(before, after, seed)
    novel = judge_novel(cases, before, after, division, seed)
    _write_report(folder, job, division, verdict, novel, state)
    return Tuned(folder.tuned, name, verdict, novel)


def judge_novel(
    cases: Sequence[Case],
    before: Sequence[Asked],
    after: Sequence[Asked],
    division: Division,
    seed: int,
) -> Verdict | None:
    """The same over lines that could not be learnt by heart; None when there are hardly any."""
    known = {line.strip() for one in division.learnt for line in one.text.split("\n")}
    answered = zip(cases, before, after, strict=False)
    pairs = [(old, new) for case, old, new in answered if case.line.strip() not in known]
    if len(pairs) < MIN_CASES // 2:
        return None
    return judge([old for old, _ in pairs], [new for _, new in pairs], seed)


def _seed(job: Job, base: Trainable) -> int:
    """A model that was tuned before has seen what another seed would hold out."""
    if base.seed is not None and job.seed not in (None, base.seed):
        raise CannotTune(
            f"{job.model.name} was tuned with --seed {base.seed}, and knows the files that "
            f"--seed {job.seed} holds out; leave --seed away"
        )
    return base.seed if base.seed is not None else job.seed or 0


def _begin(
    job: Job, base: Trainable, folder: RunFolder, seed: int, reporter: Reporter
) -> tuple[Division, State]:
    fresh = State(job.model.sha256, seed, job.minutes, job.n_cases, half=job.half)
    kept = folder.state()
    if kept is not None and kept.is_of(fresh) and folder.texts.exists():
        reporter.say("going on with the run that was stopped")
        return Division.read(folder.texts), kept
    folder.clear()
    (folder.path / "loss.csv").unlink(missing_ok=True)
    reporter.stage("reading the repository")
    division = divide(read_repository(job.root, job.settings), seed)
    if division.n_lines < MIN_LINES:
        raise CannotTune(
            f"{job.root} is too small to be tuned on: it has {division.n_lines} lines of code "
            f"that may be read, and {MIN_LINES} are needed"
        )
    folder.check_room(base.n_weights)
    division.write(folder.texts)
    reporter.advanced(1.0, "")
    reporter.say(
        f"{division.n_lines:,} lines; {len(division.learnt)} files to learn from, "
        f"{len(division.held_out)} held out"
        + (f", {len(division.copies)} copies left out" if division.copies else "")
    )
    return division, folder.write_state(fresh)


def _write_report(
    folder: RunFolder,
    job: Job,
    division: Division,
    verdict: Verdict,
    novel: Verdict | None,
    state: State,
) -> None:
    told = {
        "repository": str(job.root),
        "model": job.model.name,
        "sha256": job.model.sha256,
        "lines": division.n_lines,
        "files_learnt": len(division.learnt),
        "files_held_out": len(division.held_out),
        "files_left_out_as_copies": len(division.copies),
        "seed": state.seed,
        "minutes": state.minutes,
        "training_minutes": round(state.train_minutes or 0.0, 2),
        **verdict.as_json(),
        "lines_in_no_learnt_file": novel.as_json() if novel else None,
    }
    folder.report.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
