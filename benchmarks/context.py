"""Does the model do better with our snippets, and is what it needs among them?

    python -m benchmarks.context CLONES [--cases 150] [--write]

CLONES holds checkouts of repositories that no model of ours was trained on, named as in
`benchmarks/corpus.py`; the places are those of `benchmarks/cross_file.py`. All variants ask the
same model for the same places through the same pipeline; they differ in what `gather` returns:

  none      no snippets
  random    as many random windows of 14 lines as ours has snippets, chosen once (llama.vim's ring)
  jaccard   the most similar windows of the files that are open (here: the four nearest files)
  ours      slm_context.gather
"""

import argparse
import asyncio
import csv
import random
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean

from slm_context.cursor import DocumentContext
from slm_context.gather import Gatherer, Limits
from slm_context.index import Index
from slm_context.retrievers.similar import OtherText, similar_snippets
from slm_context.types import ContextBundle, Origin, Snippet

from benchmarks.cross_file import Case, cases, files_of
from benchmarks.machine import machine
from slm_lsp.assembly import build_client
from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.completion.types import CompletionRequest, Trigger
from slm_lsp.settings import Settings
from slm_lsp.workspace.indexer import update
from slm_lsp.workspace.limits import limits_of
from slm_lsp.workspace.scan import Rules

RESULTS = Path(__file__).parent / "results" / "context.csv"
PATIENT_MS = 60_000.0
N_BOOTSTRAP = 2_000
Gather = Callable[[DocumentContext], Awaitable[ContextBundle]]


def ours(gatherer: Gatherer, limits: Limits) -> Gather:
    async def gather(document: DocumentContext) -> ContextBundle:
        return gatherer.gather(document, (), limits)

    return gather


def none() -> Gather:
    async def gather(document: DocumentContext) -> ContextBundle:
        return ContextBundle()

    return gather


def at_random(root: Path, paths: list[str], limits: Limits, seed: int) -> Gather:
    rng = random.Random(seed)

    async def gather(document: DocumentContext) -> ContextBundle:
        chosen: list[Snippet] = []
        for path in rng.sample(paths, min(limits.n_snippets, len(paths))):
            lines = (root / path).read_text("utf-8", "replace").split("\n")
            start = rng.randrange(max(1, len(lines) - 14))
            text = "\n".join(lines[start : start + 14])[: limits.n_chars // limits.n_snippets]
            chosen.append(Snippet(path, text + "\n", start, Origin.SIMILAR, 0.0))
        return ContextBundle(tuple(chosen))

    return gather


def nearest_windows(root: Path, paths: list[str], limits: Limits) -> Gather:
    async def gather(document: DocumentContext) -> ContextBundle:
        folder = document.path.rpartition("/")[0]
        near = sorted(
            (one for one in paths if one != document.path),
            key=lambda one: (one.rpartition("/")[0] != folder, one),
        )[:4]
        texts = [OtherText(one, (root / one).read_text("utf-8", "replace")) for one in near]
        found = similar_snippets(document.prefix[-4_000:], texts, limits.n_snippets)
        room = limits.n_chars // limits.n_snippets
        return ContextBundle(tuple(replace(one, text=one.text[:room]) for one in found))

    return gather


async def ask(client, settings: Settings, all_cases: list[Case], gathers) -> list[dict[str, bool]]:
    """For each case and variant, whether the suggestion was the line's own rest."""
    rows = []
    for number, case in enumerate(all_cases):
        row: dict[str, bool] = {}
        for name, of_root in gathers.items():
            engine = CompletionEngine(client, settings, gather=of_root[case.root])
            request = CompletionRequest(f"file:///{number}", 1, case.document, Trigger.INVOKED)
            found = await engine.complete(request)
            line = "" if found is None else found.text.split("\n")[0].rstrip()
            row[name] = line == case.truth
            row[f"{name}: name"] = line.startswith(case.name)
        rows.append(row)
    return rows


def interval(differences: list[float], seed: int = 0) -> tuple[float, float]:
    """95 % of a paired bootstrap's means."""
    rng = random.Random(seed)
    n = len(differences)
    means = sorted(mean(rng.choices(differences, k=n)) for _ in range(N_BOOTSTRAP))
    return means[int(0.025 * N_BOOTSTRAP)], means[int(0.975 * N_BOOTSTRAP)]


async def main_async(arguments: argparse.Namespace) -> None:
    settings = Settings()
    completion = replace(
        settings.completion, automatic_deadline_ms=PATIENT_MS, invoked_deadline_ms=PATIENT_MS
    )
    model = replace(settings.model, path=str(arguments.model) if arguments.model else None)
    settings = replace(settings, completion=completion, model=model)
    limits = limits_of(settings.context, 1_000.0)
    client = await build_client(settings)
    await client.start()
    all_cases: list[Case] = []
    gathers: dict[str, dict[Path, Gather]] = {"none": {}, "random": {}, "jaccard": {}, "ours": {}}
    gatherers: dict[Path, Gatherer] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for number, root in enumerate(sorted(p for p in arguments.clones.iterdir() if p.is_dir())):
            index = Index(Path(scratch) / f"{number}.sqlite")
            update(index, Rules(root), 2)
            paths = [path for path, _ in files_of(index)]

            def read(path: str, root: Path = root) -> str | None:
                file = root / path
                return file.read_text("utf-8", "replace") if file.is_file() else None

            gatherers[root] = Gatherer(index, read)
            gathers["none"][root] = none()
            gathers["random"][root] = at_random(root, paths, limits, number)
            gathers["jaccard"][root] = nearest_windows(root, paths, limits)
            gathers["ours"][root] = ours(gatherers[root], limits)
            all_cases += cases(root, index, arguments.cases, number)
        recall: dict[str, list[bool]] = {}
        took: list[float] = []
        for case in all_cases:
            bundle = gatherers[case.root].gather(case.document, (), limits)
            took.append(bundle.elapsed_ms)
            hit = any(
                one.origin is not Origin.SIMILAR and case.is_shown(one.text)
                for one in bundle.snippets
            )
            recall.setdefault(case.language, []).append(hit)
        took.sort()
        print(f"gather: p50 {took[len(took) // 2]} ms, p95 {took[int(len(took) * 0.95)]} ms")
        for language, hits in sorted(recall.items()):
            print(f"{language}: the definition is in the prompt in {mean(hits):.1%} of {len(hits)}")
        if arguments.recall_only:
            await client.close()
            return
        rows = await ask(client, settings, all_cases, gathers)
    await client.close()
    results = []
    for name in gathers:
        for what in ("", ": name"):
            key = name + what
            differences = [float(row[key]) - float(row["none" + what]) for row in rows]
            low, high = interval(differences)
            results.append(
                {
                    "variant": name,
                    "measure": "whole line" if not what else "the name",
                    "cases": len(rows),
                    "right": f"{mean(row[key] for row in rows):.4f}",
                    "more than none": f"{mean(differences):+.4f}",
                    "95 % from": f"{low:+.4f}",
                    "to": f"{high:+.4f}",
                }
            )
            print(*results[-1].values(), sep="\t")
    if arguments.write:
        RESULTS.parent.mkdir(exist_ok=True)
        with RESULTS.open("w", newline="") as file:
            file.write(f"# {machine()}; {client.model.name if client.model else ''}\n")
            for language, hits in sorted(recall.items()):
                file.write(f"# {language}: definition in the prompt in {mean(hits):.1%}\n")
            writer = csv.DictWriter(file, list(results[0]))
            writer.writeheader()
            writer.writerows(results)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clones", type=Path)
    parser.add_argument("--cases", type=int, default=150, help="of one repository, at most")
    parser.add_argument("--model", type=Path, help="instead of the bundled one")
    parser.add_argument("--recall-only", action="store_true")
    parser.add_argument("--write", action="store_true")
    asyncio.run(main_async(parser.parse_args(argv)))


if __name__ == "__main__":
    main()
