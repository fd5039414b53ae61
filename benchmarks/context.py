"""Does the model do better with our snippets, and is what it needs among them?

    python -m benchmarks.context CLONES [--cases 150] [--keep FILE] [--write]
    python -m benchmarks.context CLONES --cases 60 --recall-only [--write]    # without a model

CLONES holds checkouts of repositories that no model of ours was trained on, named as in
`benchmarks/corpus.py`; the places are those of `benchmarks/cross_file.py`. All variants ask the
same model for the same places through the same pipeline; they differ in what it is told of the
repository:

  none      nothing
  random    as many random windows of 14 lines as ours has snippets (llama.vim's ring)
  jaccard   the most similar windows of the files that are open (here: the four nearest files)
  snippets  what `slm_context.gather` finds
  names     no snippets, but which names may come (`slm_context.expected`)
  ours      both, as the server does
  oracle    the definition of the very name, and nothing else: the best that snippets could do

The last rows tell the cases apart in which the definition is, or is not, among the snippets.
With --keep, a run that was stopped goes on where it was; --variants asks for some of these only.
"""

import argparse
import asyncio
import csv
import json
import random
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from statistics import mean

from slm_context.gather import Gatherer, Limits
from slm_context.index import Index
from slm_context.types import Origin

from benchmarks.context_variants import VARIANTS, Repository, told
from benchmarks.cross_file import Case, cases, files_of
from benchmarks.machine import machine
from benchmarks.tables import renew_table
from slm_lsp.assembly import build_client
from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.completion.types import CompletionRequest, SkipReason, Trigger
from slm_lsp.settings import Settings
from slm_lsp.workspace.indexer import update
from slm_lsp.workspace.limits import limits_of
from slm_lsp.workspace.scan import Rules

RESULTS = Path(__file__).parent / "results" / "context.csv"
RECALL = RESULTS.with_name("context_recall.csv")
PATIENT_MS = 60_000.0
N_BOOTSTRAP = 2_000
# What was right of a case, by variant, and by variant and ": name".
Row = dict[str, bool]


@dataclass
class Known:
    """What the context tells of each case, without any model."""

    shown: list[bool] = field(default_factory=list)  # the definition, among the snippets
    recall: dict[str, list[bool]] = field(default_factory=dict)  # the same by language
    expected: dict[str, list[bool]] = field(default_factory=dict)  # there or among the names
    first: list[bool] = field(default_factory=list)  # of the names, where there are any
    took_ms: list[float] = field(default_factory=list)

    def look_at(self, case: Case, gatherer: Gatherer, limits: Limits) -> None:
        bundle = gatherer.gather(case.document, (), limits)
        hit = any(
            one.origin is not Origin.SIMILAR and case.is_shown(one.text) for one in bundle.snippets
        )
        names = [one.name for one in gatherer.expected(case.document, ())]
        self.took_ms.append(bundle.elapsed_ms)
        self.shown.append(hit)
        self.recall.setdefault(case.language, []).append(hit)
        self.expected.setdefault(case.language, []).append(hit or case.name in names)
        if names:
            self.first.append(names[0] == case.name)

    @property
    def gathering(self) -> str:
        took = sorted(self.took_ms)
        p50, p95 = took[len(took) // 2], took[int(len(took) * 0.95)]
        return f"gather: p50 {p50:.1f} ms, p95 {p95:.1f} ms, on the machine as busy as it is"

    def rows(self, repositories: str) -> Iterator[dict[str, object]]:
        """What `lines` says, language by language."""
        for language, hits in sorted(self.recall.items()):
            yield {
                "repositories": repositories,
                "language": language,
                "cases": len(hits),
                "in the prompt": f"{mean(hits):.4f}",
                "there or among the names": f"{mean(self.expected[language]):.4f}",
            }

    def lines(self) -> Iterator[str]:
        yield (
            f"names are told in {len(self.first)} cases of {len(self.shown)}, "
            f"the first is right in {mean(self.first):.1%} of these"
        )
        for language, hits in sorted(self.recall.items()):
            yield (
                f"{language}: the definition is in the prompt in {mean(hits):.1%} of {len(hits)}, "
                f"there or among the names that may come in {mean(self.expected[language]):.1%}"
            )


class Kept:
    """Answers that were judged, in a file of one JSON object a line."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._rows: dict[str, Row] = {}
        if file is not None and file.exists():
            for line in file.read_text("utf-8").splitlines():
                self._take(json.loads(line))

    def row(self, case: Case) -> Row:
        return self._rows.setdefault(_key(case), {})

    def put(self, case: Case, variant: str, line: bool, name: bool) -> None:
        said = {"case": _key(case), "variant": variant, "line": line, "name": name}
        self._take(said)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(said) + "\n")

    def _take(self, said: dict) -> None:
        row = self._rows.setdefault(said["case"], {})
        row[said["variant"]] = said["line"]
        row[said["variant"] + ": name"] = said["name"]


def _key(case: Case) -> str:
    return f"{case.root.name}/{case.document.path}:{case.document.offset}"


async def ask(
    client,
    settings: Settings,
    all_cases: list[Case],
    roots: dict[Path, Repository],
    kept: Kept,
    variants: list[str],
) -> list[Row]:
    """For each case and variant, whether the suggestion was the line's own rest."""
    for case in all_cases:
        for variant in variants:
            if variant in kept.row(case):
                continue
            gather, expect = told(variant, case, roots[case.root])
            engine = CompletionEngine(client, settings, gather=gather, expect=expect)
            request = CompletionRequest(_key(case), 1, case.document, Trigger.INVOKED)
            found = await engine.complete(request)
            explained = engine.explain_last
            if explained is not None and explained.skip_reason is SkipReason.NOT_READY:
                raise SystemExit("the model is not there: what it does not answer is not wrong")
            line = "" if found is None else found.text.split("\n")[0].rstrip()
            begins = re.match(rf"{re.escape(case.name)}(?![\w$])", line) is not None
            kept.put(case, variant, line == case.truth, begins)
    return [kept.row(case) for case in all_cases]


def interval(differences: list[float], seed: int = 0) -> tuple[float, float]:
    """95 % of a paired bootstrap's means."""
    rng = random.Random(seed)
    n = len(differences)
    means = sorted(mean(rng.choices(differences, k=n)) for _ in range(N_BOOTSTRAP))
    return means[int(0.025 * N_BOOTSTRAP)], means[int(0.975 * N_BOOTSTRAP)]


def compared(which: str, rows: list[Row], variants: list[str]) -> Iterator[dict[str, object]]:
    """Each variant beside one that is told nothing, and beside the random ring."""
    for name, what in product(variants, ("", ": name")):
        key = name + what
        row: dict[str, object] = {
            "cases of": which,
            "variant": name,
            "measure": "whole line" if not what else "the name",
            "cases": len(rows),
            "right": f"{mean(row[key] for row in rows):.4f}",
        }
        for base in ("none", "random"):
            differences = [float(row[key]) - float(row[base + what]) for row in rows]
            low, high = interval(differences)
            row[f"more than {base}"] = f"{mean(differences):+.4f}"
            row[f"95 % from ({base})"], row[f"to ({base})"] = f"{low:+.4f}", f"{high:+.4f}"
        print(*row.values(), sep="\t", flush=True)
        yield row


async def main_async(arguments: argparse.Namespace) -> None:
    settings = Settings()
    # One suggestion, as while a person types.
    completion = replace(settings.completion, invoked_deadline_ms=PATIENT_MS, n_candidates=1)
    model = replace(settings.model, path=str(arguments.model) if arguments.model else None)
    settings = replace(settings, completion=completion, model=model)
    limits = limits_of(settings.context, 1_000.0)
    all_cases: list[Case] = []
    roots: dict[Path, Repository] = {}
    known = Known()
    with tempfile.TemporaryDirectory() as scratch:
        for number, root in enumerate(sorted(p for p in arguments.clones.iterdir() if p.is_dir())):
            index = Index(Path(scratch) / f"{number}.sqlite")
            update(index, Rules(root), 2)

            def read(path: str, root: Path = root) -> str | None:
                file = root / path
                return file.read_text("utf-8", "replace") if file.is_file() else None

            gatherer = Gatherer(index, read)
            roots[root] = Repository(root, gatherer, [path for path, _ in files_of(index)], limits)
            for case in cases(root, index, arguments.cases, number):
                all_cases.append(case)
                known.look_at(case, gatherer, limits)
        print(known.gathering, *known.lines(), sep="\n", flush=True)
        if arguments.recall_only:
            if arguments.write:
                rows = list(known.rows(" ".join(root.name for root in roots)))
                renew_table(RECALL, rows, ("repositories", "language"))
            return
        client = await build_client(settings)
        await client.start()
        variants = [one for one in VARIANTS if one in arguments.variants]
        rows = await ask(client, settings, all_cases, roots, Kept(arguments.keep), variants)
    await client.close()
    some = list(zip(rows, known.shown, strict=True))
    results = [
        result
        for which, of in (
            ("all", rows),
            ("definition among the snippets", [row for row, hit in some if hit]),
            ("not among them", [row for row, hit in some if not hit]),
        )
        for result in (compared(which, of, variants) if of else ())
    ]
    if arguments.write:
        RESULTS.parent.mkdir(exist_ok=True)
        with RESULTS.open("w", newline="") as file:
            file.write(f"# {machine()}; {client.model.name if client.model else ''}\n")
            file.writelines(f"# {line}\n" for line in known.lines())
            writer = csv.DictWriter(file, list(results[0]))
            writer.writeheader()
            writer.writerows(results)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clones", type=Path)
    parser.add_argument("--cases", type=int, default=150, help="of one repository, at most")
    parser.add_argument("--model", type=Path, help="instead of the bundled one")
    parser.add_argument("--keep", type=Path, help="a file to stop and go on with")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=VARIANTS)
    parser.add_argument("--recall-only", action="store_true")
    parser.add_argument("--write", action="store_true")
    asyncio.run(main_async(parser.parse_args(argv)))


if __name__ == "__main__":
    main()
