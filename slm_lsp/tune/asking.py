"""Asking a model about files that were held out, and keeping every answer at once."""

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from slm_prompts.template import FimTemplate

from slm_lsp.errors import WorkerDied
from slm_lsp.inference.worker_client import WorkerClient
from slm_lsp.places import cache_folder
from slm_lsp.settings import Settings
from slm_lsp.tune.accuracy import Case, ask, cases_of, shown_document
from slm_lsp.tune.neighbours import Neighbourhood
from slm_lsp.tune.repository import SourceText
from slm_lsp.tune.verdict import Asked

# Fewer questions, or questions about fewer files, cannot tell a gain from chance.
MIN_CASES, MIN_FILES = 30, 5
# At most one line in so many is asked about.
LINES_PER_CASE = 2


@dataclass(frozen=True, slots=True)
class Subject:
    """A model file to ask, and how it is spoken to."""

    path: Path
    sha256: str
    template: FimTemplate
    settings: Settings
    n_threads: int


def choose_cases(held_out: Sequence[SourceText], n_cases: int, seed: int) -> list[Case]:
    """Up to `n_cases` line ends, as many of each file as it can spare, in mixed order."""
    rounds: list[list[Case]] = []
    for one in held_out:
        rng = random.Random(f"{seed}:{one.path}")
        n_wanted = max(1, one.n_lines // LINES_PER_CASE)
        rounds.append(list(cases_of("", one.path, one.language, one.text, n_wanted, rng)))
    chosen: list[Case] = []
    random.Random(seed).shuffle(rounds)
    # One of each file before a second one of any: many files tell more than many lines.
    for number in range(max(map(len, rounds), default=0)):
        chosen += [cases[number] for cases in rounds if number < len(cases)]
        if len(chosen) >= n_cases:
            break
    return chosen[:n_cases]


def ask_all(
    subject: Subject,
    cases: Sequence[Case],
    neighbours: Neighbourhood,
    kept: Path,
    go_on: Callable[[int], bool],
) -> list[Asked]:
    """Answers to the first cases, as many as `go_on(number answered)` lets be asked.

    Answers that `kept` holds are not asked for again.
    """
    answers = read_answers(kept)
    if len(answers) < len(cases) and go_on(len(answers)):
        kept.write_text("".join(map(_line, answers)), "utf-8")
        with kept.open("a", encoding="utf-8") as file:
            asyncio.run(_ask_rest(subject, cases, neighbours, answers, file, go_on))
    return answers


def read_answers(kept: Path) -> list[Asked]:
    if not kept.exists():
        return []
    # A line without its end was being written when the machine stopped.
    lines = kept.read_text("utf-8").split("\n")[:-1]
    return [Asked(**json.loads(line)) for line in lines]


async def _ask_rest(
    subject: Subject,
    cases: Sequence[Case],
    neighbours: Neighbourhood,
    answers: list[Asked],
    file: TextIO,
    go_on: Callable[[int], bool],
) -> None:
    client = WorkerClient(
        subject.path,
        subject.sha256,
        n_ctx=subject.settings.model.n_ctx,
        n_threads=subject.n_threads,
        state_dir=cache_folder(),
        require_sandbox=subject.settings.privacy.require_sandbox,
    )
    try:
        await client.start()
        if client.model is None:
            raise WorkerDied(client.detail)
        for case in cases[len(answers) :]:
            if not go_on(len(answers)):
                return
            snippets = neighbours(shown_document(case))
            found = await ask(client, subject.template, case, snippets)
            answers.append(Asked(case.path, case.offset, found.exact, found.similarity))
            file.write(_line(answers[-1]))
            file.flush()
    finally:
        await client.close()


def _line(one: Asked) -> str:
    return json.dumps(asdict(one)) + "\n"
