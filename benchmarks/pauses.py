"""What the model says at every pause of every commit, kept, so that rules are tried without it.

Each pause of `benchmarks/replay.py` is asked through the engine with the repository's index, as
its commit's parent left it, and with nothing hidden. An answer depends on the document, and on
what was answered before on its line, since that is kept while it is typed; so a journal of all
pauses tells what any rule of showing would have shown.
"""

import random
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from slm_context.cursor import DocumentContext
from slm_context.expected import ExpectedName
from slm_context.gather import Gatherer
from slm_context.index import Index
from slm_context.types import ContextBundle

from benchmarks.answers import KeptAnswers
from benchmarks.commits import Change, pauses
from benchmarks.corpus import Position
from slm_lsp.assembly import build_client
from slm_lsp.completion.asking import Expect
from slm_lsp.completion.gate import skip_reason
from slm_lsp.completion.settled import Gather
from slm_lsp.completion.sources import Defined
from slm_lsp.completion.suggesting import Suggester
from slm_lsp.completion.types import Explanation, Source, Trigger
from slm_lsp.settings import Settings
from slm_lsp.statistics import Counters
from slm_lsp.workspace.indexer import update
from slm_lsp.workspace.limits import limits_of
from slm_lsp.workspace.scan import Rules

# Answers must not depend on how busy this machine is.
PATIENT_MS = 60_000.0

Row = dict[str, Any]


def parent_tree(folder: Path, change: Change, into: Path) -> None:
    """The repository as the commit's parent left it: its Python files, tests left out."""
    git = ["git", "-C", str(folder / change.repository)]
    listing = [*git, "ls-tree", "-r", "-z", f"{change.commit}^"]
    entries = subprocess.run(listing, capture_output=True, check=True).stdout.decode().split("\0")
    paths: dict[str, str] = {}
    for entry in filter(None, entries):
        described, path = entry.split("\t", 1)
        mode, _, object_id = described.split()
        if path.endswith(".py") and "test" not in path and mode.startswith("100"):
            paths[path] = object_id
    asked = "".join(f"{object_id}\n" for object_id in paths.values()).encode()
    batch = subprocess.run([*git, "cat-file", "--batch"], input=asked, capture_output=True).stdout
    at = 0
    for path in paths:
        end = batch.index(b"\n", at)
        told, at = batch[at:end].split(), end + 1
        if told[-1] == b"missing":  # a copy may leave out its largest files
            continue
        size = int(told[2])
        (into / path).parent.mkdir(parents=True, exist_ok=True)
        (into / path).write_bytes(batch[at : at + size])
        at += size + 1


def documents(change: Change) -> Iterator[tuple[int, str, DocumentContext]]:
    """(line in the commit, the line's truth from the cursor, the document) at each pause."""
    rng = random.Random(change.commit)
    lines = change.before.split("\n")
    shift = n_typed = 0
    for start, n_removed, added in change.hunks:
        first = start + shift
        del lines[first : first + n_removed]
        for number, line in enumerate(added, first):
            lines.insert(number, "")
            above = "".join(one + "\n" for one in lines[:number])
            below = "".join("\n" + one for one in lines[number + 1 :])
            for column in pauses(line, rng):
                text = above + line[:column] + below
                offset = len(above) + column
                yield n_typed, line[column:], DocumentContext(change.path, "python", text, offset)
            lines[number] = line
            n_typed += 1
        shift += len(added) - n_removed


def settings(**completion: Any) -> Settings:
    """Everything is shown, also what would be hidden as unsure, and time does not matter."""
    plain = Settings()
    patient = {"automatic_deadline_ms": PATIENT_MS, "invoked_deadline_ms": PATIENT_MS}
    chosen = {**patient, "show_at_least_percent": 0.0, "n_candidates": 1, **completion}
    return replace(plain, completion=replace(plain.completion, **chosen))


@asynccontextmanager
async def kept_answers(
    answers: Path, model: Path | None
) -> AsyncIterator[tuple[KeptAnswers, Settings]]:
    """A model whose answers are kept, and the settings that it is asked with."""
    asked = settings()
    if model is not None:
        asked = replace(asked, model=replace(asked.model, path=str(model)))
    client = await build_client(asked)
    await client.start()
    try:
        yield KeptAnswers(client, answers), asked
    finally:
        await client.close()


async def journal(
    folder: Path, chosen: Sequence[Change], answers: Path, model: Path | None = None
) -> list[Row]:
    """One row for each pause, in order."""
    rows: list[Row] = []
    started = time.perf_counter()
    async with kept_answers(answers, model) as (kept, asked):
        for number, change in enumerate(chosen):
            read = answers.parent / "repositories" / change.commit
            # Time stands still, so that a busy machine asks the same questions.
            suggester = Suggester(
                kept,
                asked,
                Counters(),
                *repository_of(folder, change, read, asked),
                clock=lambda: 0.0,
            )
            for line, truth, document in documents(change):
                place = {
                    "repository": change.repository,
                    "commit": change.commit,
                    "path": change.path,
                    "line": line,
                    "before": document.line_prefix,
                    "truth": truth,
                }
                rows.append(place | await _told(suggester, change.commit, document, asked))
            rate = len(rows) / (time.perf_counter() - started)
            print(f"{number + 1} of {len(chosen)} commits, {rate:.1f}/s", file=sys.stderr)
    return rows


async def journal_of_positions(
    chosen: Sequence[Position], answers: Path, model: Path | None = None
) -> list[Row]:
    """The same for places in files as they are, without their repositories."""
    rows: list[Row] = []
    async with kept_answers(answers, model) as (kept, asked):
        for number, position in enumerate(chosen):
            # Its own for each: nothing of one position may help the next.
            suggester = Suggester(kept, asked, Counters())
            told = await _told(suggester, str(number), position.document, asked)
            rows.append({"truth": position.truth.partition("\n")[0], **told})
    return rows


async def _told(suggester: Suggester, uri: str, document: DocumentContext, asked: Settings) -> Row:
    """What the model says and what was copied, with the features of both."""
    told, alone, beside = (Explanation(uri, 1, Trigger.AUTOMATIC) for _ in range(3))
    question = suggester.question(document, Trigger.AUTOMATIC, False)
    assert question is not None, "the model is there"
    written = copied = None
    if skip_reason(document, Trigger.AUTOMATIC, asked) is None:
        copied = suggester.copied(uri, document, question, alone)
        known = await suggester.known(uri, document, question, told)
        written = known.completion if known else await suggester.make(uri, document, question, told)
        if copied is not None:
            suggester.compared(uri, document, question, beside, copied, written)
    return {
        "written": written.text if written else "",
        "copied": copied.text if copied else "",
        "features": {
            Source.WRITTEN: told.features if written else {},
            Source.COPIED: alone.features,
            Source.COMPARED: beside.features,
        },
    }


def repository_of(
    folder: Path, change: Change, into: Path, settings: Settings
) -> tuple[Gather, Defined, Expect]:
    """The snippets and the names of the repository as the commit's parent left it.

    What was read once lies in `into`, and is not read again.
    """
    tree, index_file, complete = into / "tree", into / "index.sqlite", into / "complete"
    if not complete.exists():
        shutil.rmtree(into, ignore_errors=True)
        tree.mkdir(parents=True)
        parent_tree(folder, change, tree)
        update(Index(index_file), Rules(tree), 1)
        complete.touch()
    index = Index(index_file)

    def read(path: str) -> str | None:
        return (tree / path).read_text("utf-8", "replace")

    gatherer = Gatherer(index, read)
    limits = limits_of(settings.context, PATIENT_MS)

    async def gather(document: DocumentContext) -> ContextBundle:
        return gatherer.gather(document, (), limits)

    async def defined(names: Sequence[str]) -> frozenset[str]:
        return gatherer.defined(names)

    async def expect(document: DocumentContext) -> Sequence[ExpectedName]:
        return gatherer.expected(document, ())

    return gather, defined, expect
