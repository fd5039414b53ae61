"""HumanEval single-line infilling: exact match, and whether the finished program passes its tests.

    python -m benchmarks.humaneval_infilling HumanEval-SingleLineInfilling.jsonl.gz [--tasks 1033]

The file is the user's own copy (MIT). Each program runs in a process of its own that has given
up the network, has little memory and little time, and starts in an empty folder. The set is in
what most models were trained on: a number to compare with published ones, and no more than that.
Intervals are Wilson's, 95 %.
"""

import argparse
import asyncio
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from slm_context.cursor import DocumentContext

from benchmarks.answers import KeptAnswers
from benchmarks.intervals import wilson
from benchmarks.machine import machine
from benchmarks.tables import write_table
from slm_lsp.assembly import build_client
from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.completion.types import CompletionRequest, Trigger
from slm_lsp.settings import Settings

RESULTS = Path(__file__).parent / "results" / "humaneval_infilling.csv"
SECONDS = 5
MEMORY = 2**30
# The tests run in the sandbox of the inference process: no network, no programs, no writing.
GUARDED = """
import sys
from slm_lsp.sandbox import demand, enter_worker_sandbox
program = sys.stdin.read()
demand(enter_worker_sandbox("/dev/null"))
exec(compile(program, "solution.py", "exec"), {"__name__": "__main__"})
"""


@dataclass(frozen=True, slots=True)
class Task:
    """One line taken out of a program that has tests."""

    name: str
    prefix: str
    suffix: str
    truth: str
    test: str
    entry_point: str


def tasks(path: Path) -> Iterator[Task]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            truth = one["canonical_solution"].rstrip("\n")
            indent = truth[: len(truth) - len(truth.lstrip())]
            yield Task(
                one["task_id"],
                one["prompt"] + indent,
                "\n" + one["suffix"].removeprefix("\n"),
                truth[len(indent) :],
                one["test"],
                one["entry_point"],
            )


def passes(program: str) -> bool:
    """Run it apart from everything. A program that does not end has failed."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", GUARDED],
                cwd=folder,
                env={},
                input=program.encode(),
                capture_output=True,
                timeout=SECONDS * 2,
                preexec_fn=_limits,
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))


async def answers(chosen: list[Task], kept: Path | None) -> tuple[list[str], str]:
    """What the pipeline inserts at each task, asked by hand, one candidate; and the model."""
    settings = Settings()
    patient = replace(settings.completion, invoked_deadline_ms=60_000.0, n_candidates=1)
    settings = replace(settings, completion=patient)
    client = await build_client(settings)
    await client.start()
    engine = CompletionEngine(KeptAnswers(client, kept) if kept else client, settings)
    found: list[str] = []
    for number, task in enumerate(chosen):
        text = task.prefix + task.suffix
        document = DocumentContext("solution.py", "python", text, len(task.prefix))
        request = CompletionRequest(f"file:///{number}.py", 1, document, Trigger.INVOKED)
        completion = await engine.complete(request)
        engine.close_document(request.uri)
        found.append(completion.text if completion else "")
    model = client.model
    await client.close()
    return found, model.name if model else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--tasks", type=int, default=1033)
    parser.add_argument("--answers", type=Path, help="keep the model's answers in this file")
    args = parser.parse_args()
    chosen = list(tasks(args.file))[: args.tasks]
    truth = chosen[0]
    if not passes(_program(truth, truth.truth)):
        raise SystemExit(
            "the reference solution does not pass: the sandbox or the file is at fault"
        )
    found, model = asyncio.run(answers(chosen, args.answers))
    exact = sum(a.strip() == task.truth.strip() for a, task in zip(found, chosen, strict=True))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        passed = sum(pool.map(passes, map(_program, chosen, found)))
    row: dict[str, str | float] = {"model": model, "tasks": len(chosen)}
    for name, n in (("exact", exact), ("pass_at_1", passed)):
        low, high = (round(end, 4) for end in wilson(n, len(chosen)))
        row |= {name: round(n / len(chosen), 4), f"{name}_low": low, f"{name}_high": high}
    row["machine"] = machine()
    print(row)
    write_table(RESULTS, [row])


def _program(task: Task, answer: str) -> str:
    return f"{task.prefix}{answer}{task.suffix}\n{task.test}\ncheck({task.entry_point})\n"


if __name__ == "__main__":
    main()
