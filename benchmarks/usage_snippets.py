"""Do calls of the same function from elsewhere help, as snippets, where the cursor is in a call?

    python -m benchmarks.usage_snippets CLONES [--cases 60] [--keep FILE] [--write]

The places are chosen as those of `benchmarks.context` are, of which those count where the name is
called; here the cursor stands behind the bracket, and hidden is the rest of the line. Files that
call the function, beside the cursor's or named by the index of references, give one call each, the
shortest.
All variants are told which names may come; they differ in their snippets:

  names        none
  snippets     what the server shows
  usages       calls, and then what the server shows, as far as there is room
  usages only  calls

With --keep, a run that was stopped goes on where it was.
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from textwrap import dedent

from slm_context.cursor import DocumentContext
from slm_context.fuse import Limits, fit
from slm_context.gather import Gatherer
from slm_context.index import Index
from slm_context.types import ContextBundle, Origin, Snippet
from slm_context.usage import Usage
from slm_context.view import View

from benchmarks.context import PATIENT_MS, Kept, Row, interval
from benchmarks.cross_file import Case, cases
from benchmarks.tables import write_table
from slm_lsp.assembly import build_client
from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.completion.types import CompletionRequest, Trigger
from slm_lsp.settings import Settings
from slm_lsp.workspace.indexer import update
from slm_lsp.workspace.limits import limits_of
from slm_lsp.workspace.reading import Reader
from slm_lsp.workspace.scan import Rules

RESULTS = Path(__file__).parent / "results" / "usage_snippets.csv"
VARIANTS = ("names", "snippets", "usages", "usages only")
MOST, MAX_LINES, MAX_CHARS = 3, 4, 200
SEED = 100  # other places than those that the weights of names were chosen on
DEFINING = re.compile(r"\b(?:def|func|fn|fun|function|class)\s[^=]*$")
CALLED = re.compile(r"[\w$]+\(")
FIRST = re.compile(r"[\w$]+|\W")


@dataclass(frozen=True)
class Place:
    """A cursor within a call, and the snippets of each variant."""

    case: Case
    gatherer: Gatherer
    bundles: Mapping[str, ContextBundle]


def calls(name: str, texts: Mapping[str, str]) -> list[Snippet]:
    """A call of `name` of each text, the shortest, in the order of the texts."""
    found: list[Snippet] = []
    said: set[str] = set()
    for path, text in texts.items():
        matches = re.finditer(rf"(?<![\w$]){re.escape(name)}\(", text)
        told = [(call, m.start()) for m in matches if (call := _call(text, m)) and call not in said]
        if told and len(found) < MOST:
            call, start = min(told, key=lambda one: (len(one[0]), one[1]))
            said.add(call)
            line = text.count("\n", 0, start)
            found.append(Snippet(path, call + "\n", line, Origin.SIMILAR, 1.0, f"calls {name}"))
    return found


def _call(text: str, match: re.Match[str]) -> str:
    """The lines of a call; "" for a definition, and for what is too long to show."""
    begins = text.rfind("\n", 0, match.start()) + 1
    if DEFINING.search(text[begins : match.start()]):
        return ""
    depth, place = 1, match.end()
    while depth and place < min(len(text), match.start() + MAX_CHARS):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        place += 1
    ends = text.find("\n", place)
    lines = text[begins : ends if ends >= 0 else len(text)].rstrip()
    fits = not depth and lines.count("\n") < MAX_LINES and len(lines) <= MAX_CHARS
    return dedent(lines) if fits else ""


def in_call(case: Case) -> Case | None:
    """The same line, behind the bracket of the call, where something stands in it."""
    called = CALLED.match(case.truth)
    if called is None or len(case.truth) < called.end() + 3:
        return None
    before, rest = case.document, case.truth[called.end() :]
    text = before.prefix + called[0] + before.suffix
    document = replace(before, text=text, offset=before.offset + called.end())
    first = FIRST.match(rest)
    return None if first is None else replace(case, document=document, truth=rest, name=first[0])


def places(root: Path, index: Index, n_cases: int, seed: int, limits: Limits) -> Iterator[Place]:
    """Those places where some file shows a call."""
    read = Reader(root, index.checked).text
    gatherer = Gatherer(index, read)
    for outside in cases(root, index, n_cases, seed):
        case = in_call(outside)
        if case is None:
            continue
        view = View(index, (), case.document.language)
        usage = Usage(case.document, {}, view, read)
        defining = {one.path for one in view.definitions([outside.name])}
        texts = usage.using([outside.name]) | usage.beside
        called = calls(outside.name, {p: t for p, t in texts.items() if p not in defining})
        if called:
            ours = gatherer.gather(case.document, (), limits)
            others = [
                one for one in ours.snippets[::-1] if one.path not in {c.path for c in called}
            ]
            both, _ = fit([*called, *others], case.document, limits)
            shown = ((), ours.snippets, both, tuple(called))
            bundles = {
                variant: replace(ours, snippets=snippets)
                for variant, snippets in zip(VARIANTS, shown, strict=True)
            }
            yield Place(case, gatherer, bundles)


async def judge(client, settings: Settings, place: Place, kept: Kept) -> Row:
    """For each variant, whether the suggestion was the line's own rest, and began like it."""
    case = place.case

    async def expect(document: DocumentContext):
        return place.gatherer.expected(document, ())

    for variant, bundle in place.bundles.items():
        if variant in kept.row(case):
            continue

        async def gather(document: DocumentContext, bundle: ContextBundle = bundle):
            return bundle

        engine = CompletionEngine(client, settings, gather=gather, expect=expect)
        request = CompletionRequest(case.document.path, 1, case.document, Trigger.INVOKED)
        found = await engine.complete(request)
        line = "" if found is None else found.text.split("\n")[0].rstrip()
        first = FIRST.match(line)
        begins = first is not None and first[0] == case.name
        kept.put(case, variant, line == case.truth, begins)
    return kept.row(case)


async def main_async(arguments: argparse.Namespace) -> None:
    settings = Settings()
    completion = replace(settings.completion, invoked_deadline_ms=PATIENT_MS, n_candidates=1)
    settings = replace(settings, completion=completion)
    limits = limits_of(settings.context, 1_000.0)
    kept = Kept(arguments.keep)
    client = await build_client(settings)
    await client.start()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed, root in enumerate(sorted(p for p in arguments.clones.iterdir() if p.is_dir())):
            index = Index(Path(scratch) / f"{seed}.sqlite")
            update(index, Rules(root), 2)
            for place in places(root, index, arguments.cases, SEED + seed, limits):
                rows.append(await judge(client, settings, place, kept))
        await client.close()
    results: list[dict[str, object]] = []
    for variant in VARIANTS:
        for measure, what in (("whole line", ""), ("first word", ": name")):
            more = [float(row[variant + what]) - float(row["snippets" + what]) for row in rows]
            low, high = interval(more)
            results.append(
                {
                    "variant": variant,
                    "measure": measure,
                    "places": len(rows),
                    "right": f"{mean(row[variant + what] for row in rows):.3f}",
                    "more than snippets": f"{mean(more):+.3f}",
                    "95 % from": f"{low:+.3f}",
                    "to": f"{high:+.3f}",
                }
            )
            print(*results[-1].values(), sep="\t", flush=True)
    if arguments.write:
        write_table(RESULTS, results)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clones", type=Path)
    parser.add_argument("--cases", type=int, default=60, help="of one repository, at most")
    parser.add_argument("--keep", type=Path, help="a file to stop and go on with")
    parser.add_argument("--write", action="store_true")
    asyncio.run(main_async(parser.parse_args(argv)))


if __name__ == "__main__":
    main()
