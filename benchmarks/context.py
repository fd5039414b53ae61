"""Does the model do better with our snippets, and is what it needs among them?

    python -m benchmarks.context CLONES [--cases 150] [--write]
    python -m benchmarks.context CLONES --recall-only      # without a model

CLONES holds checkouts of repositories that no model of ours was trained on, named as in
`benchmarks/corpus.py`; the places are those of `benchmarks/cross_file.py`. All variants ask the
same model for the same places through the same pipeline; they differ in what it is told of the
repository:

  none      nothing
  random    as many random windows of 14 lines as ours has snippets, chosen once (llama.vim's ring)
  jaccard   the most similar windows of the files that are open (here: the four nearest files)
  snippets  what `slm_context.gather` finds
  names     no snippets, but which names may come (`slm_context.expected`)
  ours      both, as the server does
  oracle    the definition of the very name, and nothing else: the best that snippets could do

The last rows tell the cases apart in which the definition is, or is not, among the snippets.
"""

import argparse
import asyncio
import csv
import json
import random
import re
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from statistics import mean

from slm_context.cursor import DocumentContext
from slm_context.expected import ExpectedName
from slm_context.gather import Gatherer, Limits
from slm_context.index import Index
from slm_context.retrievers.similar import OtherText, similar_snippets
from slm_context.types import ContextBundle, Origin, Snippet

from benchmarks.cross_file import Case, cases, files_of
from benchmarks.machine import machine
from slm_lsp.assembly import build_client
from slm_lsp.completion.asking import Expect
from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.completion.types import CompletionRequest, Trigger
from slm_lsp.settings import Settings
from slm_lsp.workspace.indexer import update
from slm_lsp.workspace.limits import limits_of
from slm_lsp.workspace.scan import Rules

RESULTS = Path(__file__).parent / "results" / "context.csv"
PATIENT_MS = 60_000.0
N_BOOTSTRAP = 2_000
# Those with the same prompt one after the other: it is evaluated once.
VARIANTS = ("none", "names", "random", "jaccard", "snippets", "ours", "oracle")
Gather = Callable[[DocumentContext], Awaitable[ContextBundle]]
Told = tuple[Gather, Expect | None]


def ours(gatherer: Gatherer, limits: Limits) -> Gather:
    async def gather(document: DocumentContext) -> ContextBundle:
        return gatherer.gather(document, (), limits)

    return gather


def oracle(case: Case) -> Gather:
    found = case.definitions[0]
    text = found.definition.signature + "\n"
    snippet = Snippet(found.path, text, found.definition.start_line, Origin.DEFINITION, 1.0)

    async def gather(document: DocumentContext) -> ContextBundle:
        return ContextBundle((snippet,))

    return gather


def names(gatherer: Gatherer) -> Expect:
    async def expect(document: DocumentContext) -> Sequence[ExpectedName]:
        return gatherer.expected(document, ())

    return expect


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


async def ask(
    client, settings: Settings, all_cases: list[Case], told, keep: Path | None
) -> list[dict[str, bool]]:
    """For each case and variant, whether the suggestion was the line's own rest.

    `keep` holds what was answered before the run was stopped.
    """
    rows = kept(keep)
    for number, case in list(enumerate(all_cases))[len(rows) :]:
        row: dict[str, bool] = {}
        for name, of_root in told.items():
            gather, expect = of_root[case.root]
            gather = oracle(case) if name == "oracle" else gather
            engine = CompletionEngine(client, settings, gather=gather, expect=expect)
            request = CompletionRequest(f"file:///{number}", 1, case.document, Trigger.INVOKED)
            found = await engine.complete(request)
            line = "" if found is None else found.text.split("\n")[0].rstrip()
            row[name] = line == case.truth
            row[f"{name}: name"] = re.match(rf"{re.escape(case.name)}(?![\w$])", line) is not None
        rows.append(row)
        keep_one(keep, row)
    return rows


def kept(keep: Path | None) -> list[dict[str, bool]]:
    if keep is None or not keep.exists():
        return []
    return [json.loads(line) for line in keep.read_text().splitlines()]


def keep_one(keep: Path | None, row: dict[str, bool]) -> None:
    if keep is not None:
        with keep.open("a") as file:
            file.write(json.dumps(row) + "\n")


def interval(differences: list[float], seed: int = 0) -> tuple[float, float]:
    """95 % of a paired bootstrap's means."""
    rng = random.Random(seed)
    n = len(differences)
    means = sorted(mean(rng.choices(differences, k=n)) for _ in range(N_BOOTSTRAP))
    return means[int(0.025 * N_BOOTSTRAP)], means[int(0.975 * N_BOOTSTRAP)]


def compared(which: str, rows: list[dict[str, bool]]) -> list[dict[str, object]]:
    """Each variant beside what it is told nothing, and the random ring beside ours."""
    results: list[dict[str, object]] = []
    for name, what in product(VARIANTS, ("", ": name")):
        key, base = name + what, "none" + what
        differences = [float(row[key]) - float(row[base]) for row in rows]
        low, high = interval(differences)
        results.append(
            {
                "cases of": which,
                "variant": name,
                "measure": "whole line" if not what else "the name",
                "cases": len(rows),
                "right": f"{mean(row[key] for row in rows):.4f}",
                "more than none": f"{mean(differences):+.4f}",
                "95 % from": f"{low:+.4f}",
                "to": f"{high:+.4f}",
            }
        )
        print(*results[-1].values(), sep="\t", flush=True)
    return results


async def main_async(arguments: argparse.Namespace) -> None:
    settings = Settings()
    # One suggestion, as while a person types.
    completion = replace(settings.completion, invoked_deadline_ms=PATIENT_MS, n_candidates=1)
    model = replace(settings.model, path=str(arguments.model) if arguments.model else None)
    settings = replace(settings, completion=completion, model=model)
    limits = limits_of(settings.context, 1_000.0)
    all_cases: list[Case] = []
    told: dict[str, dict[Path, Told]] = {name: {} for name in VARIANTS}
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
            found, expected = ours(gatherers[root], limits), names(gatherers[root])
            told["none"][root] = none(), None
            told["random"][root] = at_random(root, paths, limits, number), None
            told["jaccard"][root] = nearest_windows(root, paths, limits), None
            told["snippets"][root] = found, None
            told["names"][root] = none(), expected
            told["ours"][root] = found, expected
            told["oracle"][root] = none(), None  # made for each case
            all_cases += cases(root, index, arguments.cases, number)
        recall: dict[str, list[bool]] = {}
        expects: dict[str, list[bool]] = {}
        took: list[float] = []
        shown: list[bool] = []
        firsts: list[bool] = []
        for case in all_cases:
            bundle = gatherers[case.root].gather(case.document, (), limits)
            took.append(bundle.elapsed_ms)
            hit = any(
                one.origin is not Origin.SIMILAR and case.is_shown(one.text)
                for one in bundle.snippets
            )
            recall.setdefault(case.language, []).append(hit)
            expected = [one.name for one in gatherers[case.root].expected(case.document, ())]
            expects.setdefault(case.language, []).append(hit or case.name in expected)
            if expected:
                firsts.append(expected[0] == case.name)
            shown.append(hit)
        took.sort()
        print(f"gather: p50 {took[len(took) // 2]} ms, p95 {took[int(len(took) * 0.95)]} ms")
        print(f"names are told in {len(firsts)}, the first is right in {mean(firsts):.1%} of these")
        for language, hits in sorted(recall.items()):
            known = mean(expects[language])
            print(
                f"{language}: the definition is in the prompt in {mean(hits):.1%} of {len(hits)}, "
                f"there or among the names that may come in {known:.1%}"
            )
        if arguments.recall_only:
            return
        client = await build_client(settings)
        await client.start()
        rows = await ask(client, settings, all_cases, told, arguments.keep)
    await client.close()
    results = []
    some = list(zip(rows, shown, strict=True))
    for which, of in (
        ("all", rows),
        ("definition among the snippets", [row for row, hit in some if hit]),
        ("not among them", [row for row, hit in some if not hit]),
    ):
        results += compared(which, of) if of else []
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
    parser.add_argument("--keep", type=Path, help="a file to stop and go on with")
    parser.add_argument("--recall-only", action="store_true")
    parser.add_argument("--write", action="store_true")
    asyncio.run(main_async(parser.parse_args(argv)))


if __name__ == "__main__":
    main()
