"""What completions save: real commits are typed again, through the real server.

    python -m benchmarks.replay --repos DIR [--commits 4] [--llama-server PATH] [--output CSV]
                                [--kept FILE --minutes 5]

With `--kept`, what was replayed lies in that file and is not replayed again; `--minutes` ends a
piece of the work after so long. The same command goes on, and writes the table when all is done.

The server sees the repository as a commit's parent left it. Files are opened as they were, and
what the commit added is typed, hunk by hunk, over JSON-RPC. Questions are asked at pauses: at the
start of a line, after its first three characters, behind `. ( , = [` and once in the middle of a
word. Time is virtual and seeded: keys fall at log-normal intervals (median 180 ms, 800 ms behind a
line end, 450 ms behind a sign), and the measured latency of each answer is added. What comes later
than the next key is stale, and not shown. After each hunk the server's text must have the same
digest as ours.

What a person takes is in `benchmarks/oracle.py`. Net seconds are 0.18 a character saved, less 0.4
for each suggestion that is looked at and 0.3 more for a wrong one. Intervals are 95 %, by a
bootstrap over repositories and, within each, commits. `ours_ahead_s` is by how many net seconds a
100 lines the first contestant is ahead, commit by commit. The protocol comes from the project's
research notes (B5).
"""

import argparse
import asyncio
import json
import math
import random
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.commits import REPORTED, Change, newest_changes, next_key_ms, pauses
from benchmarks.llama_vim import LlamaVim
from benchmarks.machine import machine
from benchmarks.oracle import Tally, interval, judge, net_per_100_lines, saved_percent
from benchmarks.pauses import parent_tree
from benchmarks.suggesters import Identifiers, Ours, Suggests, Vim
from benchmarks.tables import write_table
from slm_lsp.inference.cpu import physical_cores
from slm_lsp.models.manifest import bundled_model
from slm_lsp.settings import Settings
from tests.support.editor import Editor

RESULTS = Path(__file__).parent / "results" / "replay.csv"
# Nothing shown saves nothing and costs nothing: that baseline is 0 by definition. What other
# thresholds would show is in results/show_thresholds.csv.
OURS: dict[str, dict[str, Any]] = {
    "slm-lsp": {},
    "slm-lsp, prefix only": {"context": {"enabled": False}},
}


class Replay:
    """One contestant, typing one change after another."""

    def __init__(self, contestant: Suggests) -> None:
        self.latencies_ms: list[float] = []
        self._contestant = contestant

    async def run(self, change: Change, root: Path) -> Tally:
        self.latencies_ms = []
        tally, rng = Tally(), random.Random(change.commit)
        lines = change.before.split("\n")
        await self._contestant.open(change, root)
        shift = 0
        for start, n_removed, added in change.hunks:
            first = start + shift
            if n_removed:
                self._contestant.edit(first, first + n_removed, "", lines)
                del lines[first : first + n_removed]
            for number, line in enumerate(added, first):
                lines.insert(number, "")
                self._contestant.edit(number, number, "\n", lines)
                tally.characters += len(line.strip()) + 1
                tally.lines += 1
                await self._type_line(lines, number, line, tally, rng)
            shift += len(added) - n_removed
            await self._contestant.done(lines)
        return tally

    async def _type_line(
        self, lines: list[str], number: int, line: str, tally: Tally, rng: random.Random
    ) -> None:
        column = 0
        for pause in pauses(line, rng):
            if pause < column:
                continue  # what was taken led past it
            self._type(lines, number, line[column:pause])
            column = pause
            started = time.perf_counter()
            text = await self._contestant.ask(lines, number, column)
            latency_ms = (time.perf_counter() - started) * 1000
            tally.asked += 1
            self.latencies_ms.append(latency_ms)
            if latency_ms > next_key_ms(line[:column], rng):
                tally.stale += bool(text)
            elif text:
                judgement = judge(text, line[column:])
                tally.count(judgement)
                self._type(lines, number, line[column : column + judgement.taken])
                column += judgement.taken
                if judgement.taken:
                    await self._contestant.taken(judgement.taken)
        self._type(lines, number, line[column:])

    def _type(self, lines: list[str], number: int, text: str) -> None:
        if text:
            self._contestant.type(number, len(lines[number]), text)
            lines[number] += text


Results = tuple[list[Tally], list[float]]


class Kept:
    """What was replayed, by contestant and commit, in a file; and how long this may go on."""

    def __init__(self, file: Path | None, minutes: float | None, repos: Path) -> None:
        self._file, self._repos = file, repos
        self._end = time.monotonic() + 60 * minutes if minutes else math.inf
        self._found: dict[tuple[str, str], tuple[Tally, list[float]]] = {}
        if file is not None and file.exists():
            for line in file.read_text("utf-8").splitlines():
                one = json.loads(line)
                key = one["contestant"], one["commit"]
                self._found[key] = Tally(**one["tally"]), one["latencies_ms"]

    def has_all(self, contestant: str, chosen: list[Change]) -> bool:
        return all((contestant, change.commit) in self._found for change in chosen)

    def results(self, contestant: str, chosen: list[Change]) -> Results:
        found = [self._found[contestant, change.commit] for change in chosen]
        return [tally for tally, _ in found], [ms for _, took in found for ms in took]

    async def replay(
        self, name: str, contestant: Suggests, chosen: list[Change], roots: list[Path]
    ) -> None:
        """All that was not replayed before. Ends the program when the time is over."""
        replay = Replay(contestant)
        for change, root in zip(chosen, roots, strict=True):
            if (name, change.commit) in self._found:
                continue
            if time.monotonic() > self._end:
                raise TimeIsOver
            if not root.exists():
                begun = root.with_suffix(".begun")
                shutil.rmtree(begun, ignore_errors=True)
                begun.mkdir(parents=True)
                parent_tree(self._repos, change, begun)
                begun.rename(root)
            tally = await replay.run(change, root)
            self._found[name, change.commit] = tally, replay.latencies_ms
            if self._file is not None:
                told = {
                    "contestant": name,
                    "commit": change.commit,
                    "tally": asdict(tally),
                    "latencies_ms": [round(ms, 3) for ms in replay.latencies_ms],
                }
                with self._file.open("a", encoding="utf-8") as file:
                    print(json.dumps(told), file=file)


class TimeIsOver(Exception):
    """The rest is for another run."""


async def run_all(
    chosen: list[Change], roots: list[Path], args: argparse.Namespace, kept: Kept
) -> AsyncIterator[str]:
    """Each contestant on all commits, one after the other; the name of each that is done."""
    for name, options in OURS.items():
        options = {**options, "completion": {"debounce_ms": 0, **options.get("completion", {})}}
        if args.model:
            options["model"] = {"path": str(args.model)}
        if not kept.has_all(name, chosen):
            # What one contestant learns of this person is not for the next one.
            (args.home / "learning.json").unlink(missing_ok=True)
            async with AsyncExitStack() as stack:
                editor = await stack.enter_async_context(
                    Editor.start("--log-level", "error", env={"SLM_LSP_HOME": str(args.home)})
                )
                await editor.initialize(options=options, encodings=("utf-32",))
                await editor.ready()
                ours = Ours(editor, name.endswith("prefix only"))
                await kept.replay(name, ours, chosen, roots)
        yield name
    if args.llama_server:
        if not kept.has_all("llama.vim", chosen):
            model = args.model or bundled_model().path
            n_ctx = Settings().model.n_ctx
            plugin = LlamaVim(args.llama_server, model, n_ctx, True, physical_cores())
            await plugin.start()
            try:
                await kept.replay("llama.vim", Vim(plugin), chosen, roots)
            finally:
                await plugin.stop()
        yield "llama.vim"
    name = "identifiers of the file"
    await kept.replay(name, Identifiers(), chosen, roots)
    yield name


def grouped(chosen: list[Change], values: list[Any]) -> list[list[Any]]:
    """By repository: what is drawn together."""
    groups: dict[str, list[Any]] = defaultdict(list)
    for change, value in zip(chosen, values, strict=True):
        groups[change.repository].append(value)
    return list(groups.values())


def row(name: str, chosen: list[Change], results: Results, ours: list[Tally]) -> dict[str, Any]:
    tallies, latencies_ms = results
    total = sum(tallies, Tally())
    cuts = quantiles(latencies_ms, n=100) if len(latencies_ms) > 1 else [0.0] * 99
    told: dict[str, Any] = {
        "contestant": name,
        "repositories": len({change.repository for change in chosen}),
        "commits": len(tallies),
        **asdict(total),
    }
    clusters = grouped(chosen, tallies)
    measures: dict[str, Callable[[Tally], float]] = {
        "saved_percent": saved_percent,
        "net_s_100_lines": net_per_100_lines,
    }
    for key, measure in measures.items():
        low, high = interval(clusters, lambda drawn, m=measure: m(sum(drawn, Tally())))
        told |= {key: measure(total), f"{key}_low": low, f"{key}_high": high}
    pairs = grouped(chosen, list(zip(ours, tallies, strict=True)))

    def ahead(drawn: list[tuple[Tally, Tally]]) -> float:
        mine, other = (sum(side, Tally()) for side in zip(*drawn, strict=True))
        return net_per_100_lines(mine) - net_per_100_lines(other)

    low, high = interval(pairs, ahead)
    told |= {
        "ours_ahead_s": ahead([pair for group in pairs for pair in group]),
        "ours_ahead_s_low": low,
        "ours_ahead_s_high": high,
        "strict_percent": 100 * total.saved_strict / max(1, total.characters),
        "shown_per_1000": 1000 * total.shown / max(1, total.characters),
        "wrong_percent": 100 * total.wrong / max(1, total.shown),
        "to_its_end_percent": 100 * total.to_its_end / max(1, total.shown),
        **{f"p{p}_ms": cuts[p - 1] for p in (50, 90, 99)},
    }
    rounded = {key: round(v, 3) if isinstance(v, float) else v for key, v in told.items()}
    return {**rounded, "machine": machine()}


async def main_async(args: argparse.Namespace) -> None:
    chosen = newest_changes(args.repos, REPORTED, args.commits)
    print(f"{len(chosen)} commits", file=sys.stderr)
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.kept.with_suffix(".d") if args.kept else Path(scratch)
        # All contestants find the same index: it is made once.
        args.home = folder / "home"
        roots = [folder / "trees" / one.commit[:12] for one in chosen]
        kept = Kept(args.kept, args.minutes, args.repos)
        rows: list[dict[str, Any]] = []
        ours: list[Tally] = []
        try:
            async for name in run_all(chosen, roots, args, kept):
                results = kept.results(name, chosen)
                ours = ours or results[0]
                rows.append(row(name, chosen, results, ours))
                print({k: v for k, v in rows[-1].items() if k != "machine"}, file=sys.stderr)
                write_table(args.output, rows)
        except TimeIsOver:
            raise SystemExit("the time is over; the same command goes on") from None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=Path, required=True)
    parser.add_argument("--commits", type=int, default=4, help="of each repository")
    parser.add_argument("--model", type=Path, help="a GGUF file; the bundled model otherwise")
    parser.add_argument("--llama-server", type=Path, help="also this server, as llama.vim asks it")
    parser.add_argument("--kept", type=Path, help="keep what was replayed in this file, and go on")
    parser.add_argument("--minutes", type=float, help="end after so long; needs --kept")
    parser.add_argument("--output", type=Path, default=RESULTS)
    asyncio.run(main_async(parser.parse_args()))


if __name__ == "__main__":
    main()
