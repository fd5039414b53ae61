r"""How often hidden line ends are completed exactly, on repositories no model of ours has seen.

    python -m benchmarks.completion_accuracy CLONES --model FILE.gguf [--write]
    python -m benchmarks.completion_accuracy CLONES --model NEW.gguf --against OLD.gguf \
        --context none --context repository

CLONES is a folder of local clones of the evaluation repositories (training/reserved.toml).
Greedy decoding, one answer, nothing filtered: what is measured is the model as it is asked.
"""

import argparse
import asyncio
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from statistics import mean, median, quantiles

import llama_cpp
from slm_prompts.catalog import template_for
from slm_prompts.render import OtherFile

from benchmarks.intervals import paired_interval, wilson
from benchmarks.line_ends import repository_cases
from benchmarks.machine import processor
from benchmarks.neighbours import neighbours_of_cases
from benchmarks.tables import renew_table
from slm_lsp.inference.worker_client import WorkerClient
from slm_lsp.models.manifest import bundled_model
from slm_lsp.settings import Settings
from slm_lsp.tune.accuracy import (
    Answer,
    Case,
    Position,
    ask,
)
from training.clones import find_clones

RESULTS = Path(__file__).parent / "results" / "completion_accuracy.csv"
# Rows that agree in these are of the same measurement, of which the newest is kept.
SAME = ("model", "sha256", "context", "n_ctx", "machine")


async def answers_of(
    model: Path,
    digest: str,
    cases: Sequence[Case],
    threads: int,
    n_ctx: int,
    neighbours: "Neighbours | None",
) -> list[Answer]:
    """Ask one model all cases, in its own process, as the server would."""
    with tempfile.TemporaryDirectory() as state:
        client = WorkerClient(model, digest, n_ctx=n_ctx, n_threads=threads, state_dir=Path(state))
        await client.start()
        try:
            if client.model is None:
                raise SystemExit(client.detail)
            template = template_for(client.model.name, client.model.fim_markers)
            if template is None:
                raise SystemExit(f"no template fits {model.name}")
            answers = []
            for case in cases:
                snippets = neighbours(case) if neighbours else ()
                answers.append(await ask(client, template, case, snippets))
            return answers
        finally:
            await client.close()


Neighbours = Callable[[Case], Sequence[OtherFile]]


def summary(answers: Sequence[Answer]) -> dict[str, float | int]:
    """The measures of one group of answers."""
    n, hits = len(answers), sum(answer.exact for answer in answers)
    low, high = wilson(hits, n)
    times = [answer.elapsed_ms for answer in answers]
    return {
        "cases": n,
        "exact": round(hits / n, 4),
        "exact_low": round(low, 4),
        "exact_high": round(high, 4),
        "similarity": round(mean(answer.similarity for answer in answers), 4),
        "parses": round(mean(answer.parses for answer in answers), 4),
        "calibration_error": round(calibration_error(answers), 4),
        "p50_ms": round(median(times), 1),
        "p95_ms": round(quantiles(times, n=20)[-1] if n > 1 else times[0], 1),
    }


def calibration_error(answers: Sequence[Answer]) -> float:
    """Mean distance between claimed probability and share of exact answers, over ten bins."""
    ordered = sorted(answers, key=lambda answer: answer.probability)
    size = max(1, -(-len(ordered) // 10))
    bins = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    distances = (
        len(group) * abs(mean(a.probability for a in group) - mean(a.exact for a in group))
        for group in bins
    )
    return sum(distances) / len(ordered)


def groups(answers: Sequence[Answer]) -> Iterator[tuple[str, str, list[Answer]]]:
    """Each language, and each kind of position within it; then everything."""
    for language in sorted({answer.case.language for answer in answers}):
        of_language = [a for a in answers if a.case.language == language]
        yield language, "all", of_language
        for position in Position:
            chosen = [a for a in of_language if a.case.position is position]
            if chosen:
                yield language, position.value, chosen


def measure(
    arguments: argparse.Namespace, model: Path, cases: list[Case], context: str
) -> list[Answer]:
    """Ask `model` all cases, print the table and keep it where that is wanted."""
    # The child sees no folder but the model's own: it wants the whole path.
    model = model.resolve()
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    found = neighbours_of_cases(find_clones(arguments.clones)) if context != "none" else None
    with found or nullcontext() as neighbours:
        answers = asyncio.run(
            answers_of(model, digest, cases, arguments.threads, arguments.n_ctx, neighbours)
        )
    print(f"{model.name}, context: {context}")
    rows = [
        {
            "model": model.stem,
            "sha256": digest[:16],
            "context": context,
            "n_ctx": arguments.n_ctx,
            "language": language,
            "position": position,
            **summary(group),
            "machine": processor(),
            "threads": arguments.threads,
        }
        for language, position, group in groups(answers)
    ]
    for row in rows:
        print(*list(row.values())[2:15], sep="\t")
    if arguments.write:
        renew_table(RESULTS, rows, SAME)
    if arguments.cases:
        arguments.cases.mkdir(parents=True, exist_ok=True)
        save_answers(answers, arguments.cases / f"{model.stem}-{context}.jsonl")
    return answers


def save_answers(answers: Sequence[Answer], path: Path) -> None:
    """Every case with its answer, to look at."""
    with path.open("w", encoding="utf-8") as file:
        for a in answers:
            row = {
                "case": a.case.key,
                "hidden": a.case.hidden,
                "answer": a.text,
                "p": a.probability,
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("clones", type=Path, help="folder of local clones")
    add("--model", type=Path, default=bundled_model().path)
    add("--against", type=Path, help="a second model, compared on the same cases")
    add("--context", action="append", choices=("none", "repository"), help="may be given twice")
    add("--n-ctx", type=int, default=Settings().model.n_ctx, help="of a prompt, in tokens")
    add("--n-cases", type=int, default=150, help="per repository")
    add("--seed", type=int, default=1)
    add("--threads", type=int, default=2)
    add("--write", action="store_true", help=f"keep the table in {RESULTS.name}")
    add("--cases", type=Path, help="folder to keep every answer in")
    arguments = parser.parse_args()
    cases = list(repository_cases(arguments.clones, arguments.n_cases, arguments.seed))
    print(f"{len(cases)} cases, {llama_cpp.__name__} {llama_cpp.__version__}")
    measured: dict[tuple[str, str], list[Answer]] = {}
    for context in arguments.context or ["none"]:
        for name in filter(None, (arguments.model, arguments.against)):
            measured[name.stem, context] = measure(arguments, name, cases, context)
    first, *others = measured
    for other in others:
        compare(first, measured[first], other, measured[other])


def compare(
    name: tuple[str, str], ours: Sequence[Answer], other: tuple[str, str], theirs: Sequence[Answer]
) -> None:
    """Differences over the same cases, with intervals: for Python, all others, and everything."""
    print(f"{' '.join(name)} against {' '.join(other)}:")
    kinds: list[tuple[str, Callable[[Case], bool]]] = [
        ("python", lambda case: case.language == "python"),
        ("other languages", lambda case: case.language != "python"),
        ("all", lambda case: True),
    ]
    for kind, wanted in kinds:
        pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if wanted(a.case)]
        if not pairs:
            continue
        for what in ("exact", "similarity"):
            old = [float(getattr(b, what)) for _, b in pairs]
            new = [float(getattr(a, what)) for a, _ in pairs]
            difference, low, high = paired_interval(old, new)
            factor = f"{mean(new) / mean(old):.2f} times" if mean(old) else "from none"
            print(
                f"  {kind}, {what}: {mean(old):.2%} to {mean(new):.2%}, {factor}, "
                f"{difference:+.2%} (95 % interval {low:+.2%} to {high:+.2%})"
            )


if __name__ == "__main__":
    main()
