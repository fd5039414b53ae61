"""What completions save: real commits are typed again, through the real server.

    python -m benchmarks.replay --repos DIR [--commits 3] [--output CSV] [--kept FILE --minutes 5]
                                [--llama-server PATH] [--slow-commits 1] [--only NAME]

With `--kept`, what was replayed lies in that file and is not replayed again (take the lines of a
contestant out to have it replayed); `--minutes` ends a piece of the work after so long, and the
same command goes on. The table has what is there by then. The two that take their time, the plain
prompt and llama-server, have `--slow-commits` of each repository.

The contestants: slm-lsp as it is installed; the same model behind a plain prompt of the text above,
whose line is shown as it comes; slm-lsp where it sees nothing below the cursor and no other file,
all else as it is; llama-server asked in llama.vim's way, with the same model; the open file's
words. Each is compared with slm-lsp on the same commits.

The server sees the repository as a commit's parent left it. Files are opened as they were, and
what the commit added is typed, hunk by hunk, over JSON-RPC. Questions are asked at pauses: at the
start of a line, after its first three characters, behind `. ( , = [` and once in the middle of a
word. Time is virtual and seeded: keys fall at log-normal intervals (median 180 ms, 800 ms behind a
line end, 450 ms behind a sign), and the measured latency of each answer is added. What comes later
than the next key is stale, and not shown. After each hunk the server's text must have the same
digest as ours.

What a contestant does ahead is done before the next question, as if the person took their time.
What a person takes is in `benchmarks/oracle.py`. Net seconds are 0.18 a character saved, less 0.4
for each suggestion that is looked at and 0.3 more for a wrong one; the rest of a suggestion that is
typed along is no other one (`net_s_each_pause`: as if it were read anew at each pause). Intervals
are 95 %, by a bootstrap over repositories and, within each, commits. `ours_ahead_s` is by how many
net seconds a 100 lines the first contestant is ahead, commit by commit. The protocol comes from the
project's research notes (B5).
"""

import argparse
import asyncio
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.commits import REPORTED, Change, newest_changes
from benchmarks.llama_vim import LlamaVim
from benchmarks.machine import machine
from benchmarks.oracle import (
    Tally,
    interval,
    net_each_pause_per_100_lines,
    net_per_100_lines,
    saved_percent,
    seconds_ahead,
)
from benchmarks.replaying import Kept, Results, TimeIsOver
from benchmarks.suggesters import Identifiers, Ours, PrefixOnly, Suggests, Vim
from benchmarks.tables import write_table
from slm_lsp.assembly import build_client
from slm_lsp.inference.cpu import physical_cores
from slm_lsp.models.manifest import bundled_model
from slm_lsp.settings import Settings
from tests.support.editor import Editor

FIRST = "slm-lsp"
RESULTS = Path(__file__).parent / "results" / "replay.csv"
# Nothing shown saves nothing and costs nothing: that baseline is 0 by definition. What other
# thresholds would show is in results/show_thresholds.csv.
OURS: dict[str, dict[str, Any]] = {
    FIRST: {},
    "slm-lsp, text above only": {"context": {"enabled": False}},
}


PLAIN, VIM, WORDS = "plain prefix-only prompt", "llama.vim", "identifiers of the file"
# Those that take their time.
SLOW = (PLAIN, VIM)


async def replay_all(
    chosen: list[Change], folder: Path, args: argparse.Namespace, kept: Kept
) -> None:
    """Each contestant, one after the other. Raises `TimeIsOver`."""
    for name in (*OURS, WORDS, PLAIN, VIM):
        commits = newest_of_each(chosen, args.slow_commits) if name in SLOW else chosen
        if args.only not in (None, name) or (name == VIM and args.llama_server is None):
            continue
        if not kept.has_all(name, commits):
            roots = [folder / "trees" / one.commit[:12] for one in commits]
            async with contestant(name, folder / "home", args) as suggests:
                await kept.replay(name, suggests, commits, roots)


@asynccontextmanager
async def contestant(name: str, home: Path, args: argparse.Namespace) -> AsyncIterator[Suggests]:
    """Started for as long as the context lasts. In `home` all find the same index."""
    if name in OURS:
        options = {**OURS[name], "completion": {"debounce_ms": 0}}
        if args.model:
            options["model"] = {"path": str(args.model)}
        # What one contestant learns of this person is not for the next one.
        (home / "learning.json").unlink(missing_ok=True)
        env = {"SLM_LSP_HOME": str(home)}
        async with Editor.start("--log-level", "error", env=env) as editor:
            await editor.initialize(options=options, encodings=("utf-32",))
            await editor.ready()
            yield Ours(editor, prefix_only=name.endswith("text above only"))
    elif name == PLAIN:
        settings = Settings()
        if args.model:
            settings = replace(settings, model=replace(settings.model, path=str(args.model)))
        client = await build_client(settings)
        await client.start()
        try:
            yield PrefixOnly(client)
        finally:
            await client.close()
    elif name == VIM:
        model = args.model or bundled_model().path
        n_ctx = Settings().model.n_ctx
        plugin = LlamaVim(args.llama_server, model, n_ctx, True, physical_cores())
        await plugin.start()
        try:
            yield Vim(plugin)
        finally:
            await plugin.stop()
    else:
        yield Identifiers()


def newest_of_each(chosen: list[Change], n: int) -> list[Change]:
    """The first `n` of each repository; of every repository one, before a second of any."""
    groups = grouped(chosen, chosen)
    return [group[number] for number in range(n) for group in groups if number < len(group)]


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
        "net_s_each_pause": net_each_pause_per_100_lines,
    }
    for key, measure in measures.items():
        low, high = interval(clusters, lambda drawn, m=measure: m(sum(drawn, Tally())))
        told |= {key: measure(total), f"{key}_low": low, f"{key}_high": high}
    pairs = grouped(chosen, list(zip(ours, tallies, strict=True)))
    low, high = interval(pairs, seconds_ahead)
    told |= {
        "ours_ahead_s": seconds_ahead(pair for group in pairs for pair in group),
        "ours_ahead_s_low": low,
        "ours_ahead_s_high": high,
        "strict_percent": 100 * total.saved_strict / max(1, total.characters),
        "shown_per_1000": 1000 * total.shown / max(1, total.characters),
        "wrong_percent": total.wrong_percent,
        "to_its_end_percent": 100 * total.to_its_end / max(1, total.shown),
        **{f"p{p}_ms": cuts[p - 1] for p in (50, 90, 99)},
    }
    rounded = {key: round(v, 3) if isinstance(v, float) else v for key, v in told.items()}
    return {**rounded, "machine": machine()}


def rows(chosen: list[Change], kept: Kept) -> Iterator[dict[str, Any]]:
    """Whoever replayed something, with slm-lsp on the same commits."""
    for name in (*OURS, WORDS, PLAIN, VIM):
        both = [one for one in chosen if kept.has_all(name, [one]) and kept.has_all(FIRST, [one])]
        if both:
            ours, _ = kept.results(FIRST, both)
            yield row(name, both, kept.results(name, both), ours)


async def main_async(args: argparse.Namespace) -> None:
    chosen = newest_changes(args.repos, REPORTED, args.commits)
    print(f"{len(chosen)} commits", file=sys.stderr)
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.kept.with_suffix(".d") if args.kept else Path(scratch)
        kept = Kept(args.kept, args.minutes, args.repos)
        try:
            await replay_all(chosen, folder, args, kept)
        except TimeIsOver:
            print("the time is over; the same command goes on", file=sys.stderr)
    table = list(rows(chosen, kept))
    for one in table:
        print({k: v for k, v in one.items() if k != "machine"}, file=sys.stderr)
    if table:
        write_table(args.output, table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=Path, required=True)
    parser.add_argument("--commits", type=int, default=3, help="of each repository")
    parser.add_argument("--model", type=Path, help="a GGUF file; the bundled model otherwise")
    parser.add_argument("--llama-server", type=Path, help="also this server, as llama.vim asks it")
    parser.add_argument("--slow-commits", type=int, default=1, help="of each, for the slow two")
    parser.add_argument("--only", metavar="NAME", help="replay this contestant alone")
    parser.add_argument("--kept", type=Path, help="keep what was replayed in this file, and go on")
    parser.add_argument("--minutes", type=float, help="end after so long; needs --kept")
    parser.add_argument("--output", type=Path, default=RESULTS)
    asyncio.run(main_async(parser.parse_args()))


if __name__ == "__main__":
    main()
