"""What completions save: real commits are typed again, through the real server.

    python -m benchmarks.replay --repos DIR [--commits 8] [--output CSV]

Files are opened as a commit's parent left them, and what the commit added is typed, hunk by hunk,
over JSON-RPC. Questions are asked at pauses: at the start of a line, after its first three
characters, behind `. ( , = [` and once in the middle of a word. Time is virtual and seeded: keys
fall at log-normal intervals (median 180 ms, 800 ms behind a line end, 450 ms behind a sign), and
the measured latency of each answer is added. What comes later than the next key is stale, and not
shown. After each hunk the server's text must have the same digest as ours.

Oracle P takes the longest right beginning in whole tokens, if it is 5 characters or the rest of
the line, at the price of one key a word or one for the line. E takes whole lines only. Wrongly
shown is what does not begin right. Net seconds are 0.18 a character saved, less 0.4 for each
suggestion that is looked at and 0.3 more for a wrong one. Intervals are 95 %, by a bootstrap over
commits. `ours_ahead_s` is by how many net seconds a 100 lines the first
contestant is ahead, commit by commit. The protocol comes from the project's research notes (B5).
"""

import argparse
import asyncio
import csv
import hashlib
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.machine import machine
from benchmarks.show_hide import REPLAYED, TOKEN, WORTH_ACCEPTING, useful
from tests.support.editor import Editor, span

RESULTS = Path(__file__).parent / "results" / "replay.csv"
SECONDS_A_KEY, SECONDS_A_LOOK, SECONDS_A_MISTAKE = 0.18, 0.4, 0.3
ADDED_LINES = range(8, 81)
LONGEST_FILE = 40_000
HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
# Nothing shown saves nothing and costs nothing: that baseline is 0 by definition.
CONTESTANTS: dict[str, dict[str, Any]] = {
    "slm-lsp, 50 %": {"show_at_least_percent": 50},
    "slm-lsp, 60 %": {"show_at_least_percent": 60},
    "slm-lsp, nothing hidden": {"show_at_least_percent": 0},
    "prefix only, 50 %": {"show_at_least_percent": 50},
}
IDENTIFIERS = "identifiers of the file"


@dataclass(slots=True)
class Tally:
    """What happened in one commit. Characters and lines are of the text that was added."""

    characters: int = 0
    lines: int = 0
    asked: int = 0
    shown: int = 0
    wrong: int = 0
    stale: int = 0
    saved: int = 0  # keys, oracle P
    saved_strict: int = 0  # keys, oracle E

    @property
    def net_seconds(self) -> float:
        looks = SECONDS_A_LOOK * self.shown + SECONDS_A_MISTAKE * self.wrong
        return SECONDS_A_KEY * self.saved - looks

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Tally)))


@dataclass(frozen=True, slots=True)
class Change:
    """One file of one commit: its text before, and (first line, n removed, added lines)."""

    repository: str
    commit: str
    path: str
    before: str
    hunks: tuple[tuple[int, int, tuple[str, ...]], ...]


def changes(folder: Path, repository: str, n: int) -> list[Change]:
    """The newest commits that add code to one source file; tests, renames and merges left out."""
    git = ["git", "-C", str(folder / repository)]

    def ask(*arguments: str) -> str:
        done = subprocess.run([*git, *arguments], capture_output=True, check=True)
        return done.stdout.decode("utf-8", "replace")

    found: list[Change] = []
    log = ask("log", "--no-merges", "--format=%x00%H", "--numstat", "-n", "600", "--", "*.py")
    for entry in log.split("\0")[1:]:
        commit, *stats = entry.strip().splitlines()
        for stat in filter(None, stats):
            added, removed, path = stat.split("\t")
            if "test" in path or "=>" in path or not path.endswith(".py") or added == "-":
                continue
            if int(added) not in ADDED_LINES or int(removed) > int(added) / 2:
                continue
            try:
                before = ask("show", f"{commit}^:{path}")
            except subprocess.CalledProcessError:
                continue
            diff = ask("diff", "-U0", f"{commit}^", commit, "--", path)
            if len(before) <= LONGEST_FILE:
                found.append(Change(repository, commit, path, before, tuple(_hunks(diff))))
                break
        if len(found) == n:
            break
    return found


def _hunks(diff: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    for part in re.split(r"^(?=@@ )", diff, flags=re.M)[1:]:
        match = HUNK.match(part)
        assert match is not None, part[:80]
        start, n_removed = int(match[1]), int(match[2] or 1)
        added = [line[1:] for line in part.splitlines()[1:] if line.startswith("+")]
        # A hunk that removes nothing stands behind its line.
        yield (start - 1 if n_removed else start), n_removed, tuple(added)


def pauses(line: str, rng: random.Random) -> list[int]:
    """The columns where a person would look up."""
    indent = len(line) - len(line.lstrip())
    found = {indent, indent + 3}
    found |= {m.end() for m in re.finditer(r"[.(,=\[] ?", line)}
    words = [m for m in re.finditer(r"\w{4,}", line)]
    if words:
        word = rng.choice(words)
        found.add(rng.randrange(word.start() + 1, word.end()))
    return sorted(column for column in found if column < len(line))


def next_key_ms(typed: str, rng: random.Random) -> float:
    median = 800 if not typed.strip() else 450 if typed.rstrip()[-1] in ".(,=[" else 180
    return rng.lognormvariate(0, 0.6) * median


class Contestant:
    """One way to suggest, typing one change after another."""

    def __init__(self, name: str, editor: Editor | None) -> None:
        self.name = name
        self.latencies_ms: list[float] = []
        self._editor = editor

    async def replay(self, change: Change) -> Tally:
        tally, rng = Tally(), random.Random(change.commit)
        lines = change.before.split("\n")
        uri = f"file:///{change.commit}/{change.path}"
        if self._editor:
            self._editor.open(uri, change.before)
        shift = 0
        for start, n_removed, added in change.hunks:
            first = start + shift
            if n_removed:
                self._edit(uri, lines, first, first + n_removed)
                del lines[first : first + n_removed]
            for number, line in enumerate(added, first):
                lines.insert(number, "")
                self._edit(uri, lines, number, number, "\n")
                tally.characters += len(line.strip()) + 1
                tally.lines += 1
                await self._type_line(uri, lines, number, line, tally, rng)
            shift += len(added) - n_removed
            await self._same_text(uri, lines)
        if self._editor:
            self._editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        return tally

    async def _type_line(
        self, uri: str, lines: list[str], number: int, line: str, tally: Tally, rng: random.Random
    ) -> None:
        column = 0
        for pause in pauses(line, rng):
            if pause < column:
                continue  # what was taken led past it
            self._type(uri, lines, number, line[column:pause])
            column = pause
            latency_ms, text = await self._ask(uri, lines, number, column)
            tally.asked += 1
            self.latencies_ms.append(latency_ms)
            if latency_ms > next_key_ms(line[:column], rng):
                tally.stale += bool(text)
                continue
            if not text:
                continue
            tally.shown += 1
            first = text.partition("\n")[0]
            rest = line[column:]
            length = useful(first, rest)
            tally.wrong += length == 0
            if first.rstrip() == rest.rstrip():
                tally.saved_strict += len(rest) - 1
            if length >= WORTH_ACCEPTING or 0 < len(rest.rstrip()) <= length:
                whole = length == len(first)
                words = sum(match.group().strip() != "" for match in TOKEN.finditer(first[:length]))
                tally.saved += max(0, length - (1 if whole else words))
                self._type(uri, lines, number, first[:length])
                column += length
        self._type(uri, lines, number, line[column:])

    def _type(self, uri: str, lines: list[str], number: int, text: str) -> None:
        if text:
            if self._editor:
                self._editor.insert(uri, number, len(lines[number]), text)
            lines[number] += text

    def _edit(self, uri: str, lines: list[str], first: int, last: int, text: str = "") -> None:
        if self._editor:
            self._editor.change(uri, {"range": span(first, 0, last, 0), "text": text})

    async def _ask(self, uri: str, lines: list[str], number: int, column: int):
        if self._editor is None:
            return 0.0, _identifier(lines, number)
        editor, asked_uri = self._editor, uri
        if self.name.startswith("prefix only"):
            asked_uri = f"{uri}.prefix.py"
            editor.open(asked_uri, "\n".join(lines[: number + 1]))
        started = time.perf_counter()
        items = await editor.inline(asked_uri, number, column, by_hand=False)
        latency_ms = (time.perf_counter() - started) * 1000
        if asked_uri != uri:
            editor.notify("textDocument/didClose", {"textDocument": {"uri": asked_uri}})
        return latency_ms, items[0]["insertText"] if items else ""

    async def _same_text(self, uri: str, lines: list[str]) -> None:
        if self._editor is None:
            return
        status = await self._editor.status(documents=True)
        ours = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
        if status["documents"][uri]["sha256"] != ours:
            raise SystemExit(f"{uri}: the server has another text than the editor")


def _identifier(lines: list[str], number: int) -> str:
    """What every editor offers: the nearest earlier identifier with this beginning."""
    begun = re.search(r"\w{2,}\Z", lines[number])
    if begun is None:
        return ""
    for line in reversed(lines[:number]):
        for word in re.findall(r"\w+", line):
            if word.startswith(begun.group()) and word != begun.group():
                return word[len(begun.group()) :]
    return ""


async def run_server(name: str, chosen: list[Change]) -> tuple[list[Tally], list[float]]:
    options = {"completion": {"debounce_ms": 0, **CONTESTANTS[name]}}
    with tempfile.TemporaryDirectory() as home:
        async with Editor.start(env={"SLM_LSP_HOME": home}) as editor:
            await editor.initialize(options=options, encodings=("utf-32",))
            await editor.ready()
            contestant = Contestant(name, editor)
            return [await contestant.replay(one) for one in chosen], contestant.latencies_ms


def interval(tallies: list[Tally], measure: Any, n: int = 2000) -> tuple[float, float]:
    """95 %, by drawing commits with replacement."""
    rng = random.Random(0)
    drawn = sorted(measure(sum(rng.choices(tallies, k=len(tallies)), Tally())) for _ in range(n))
    return drawn[int(0.025 * n)], drawn[int(0.975 * n)]


def ahead_of(ours: list[Tally], theirs: list[Tally], n: int = 2000) -> tuple[float, float, float]:
    """Net seconds a 100 lines more than another contestant's, on the same commits, with 95 %."""
    rng = random.Random(0)
    pairs = list(zip(ours, theirs, strict=True))

    def difference(drawn: list[tuple[Tally, Tally]]) -> float:
        mine, other = (sum(side, Tally()) for side in zip(*drawn, strict=True))
        return net_per_100_lines(mine) - net_per_100_lines(other)

    drawn = sorted(difference(rng.choices(pairs, k=len(pairs))) for _ in range(n))
    return difference(pairs), drawn[int(0.025 * n)], drawn[int(0.975 * n)]


def saved_percent(one: Tally) -> float:
    return 100 * one.saved / max(1, one.characters)


def net_per_100_lines(one: Tally) -> float:
    return 100 * one.net_seconds / max(1, one.lines)


def row(name: str, tallies: list[Tally], latencies_ms: list[float]) -> dict[str, Any]:
    total = sum(tallies, Tally())
    per_1000 = 1000 / max(1, total.characters)
    cuts = quantiles(latencies_ms, n=100) if len(latencies_ms) > 1 else [0.0] * 99
    told: dict[str, Any] = {"contestant": name, "commits": len(tallies), **asdict(total)}
    for key, measure in (("saved_percent", saved_percent), ("net_s_100_lines", net_per_100_lines)):
        low, high = interval(tallies, measure)
        told |= {key: round(measure(total), 3)}
        told |= {f"{key}_low": round(low, 3), f"{key}_high": round(high, 3)}
    return told | {
        "strict_percent": round(100 * total.saved_strict / max(1, total.characters), 3),
        "shown_per_1000": round(total.shown * per_1000, 2),
        "wrong_percent": round(100 * total.wrong / max(1, total.shown), 1),
        **{f"p{p}_ms": round(cuts[p - 1], 1) for p in (50, 90, 99)},
        "machine": machine(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=Path, required=True)
    parser.add_argument("--commits", type=int, default=8, help="of each repository")
    parser.add_argument("--output", type=Path, default=RESULTS)
    args = parser.parse_args()
    chosen = [one for name in REPLAYED for one in changes(args.repos, name, args.commits)]
    print(f"{len(chosen)} commits", file=sys.stderr)
    rows: list[dict[str, Any]] = []
    ours: list[Tally] = []
    for name in (*CONTESTANTS, IDENTIFIERS):
        if name == IDENTIFIERS:
            plain = Contestant(name, None)
            tallies = asyncio.run(_all(plain, chosen))
            latencies = plain.latencies_ms
        else:
            tallies, latencies = asyncio.run(run_server(name, chosen))
        ours = ours or tallies
        ahead, low, high = ahead_of(ours, tallies)
        paired = {"ours_ahead_s": ahead, "ours_ahead_s_low": low, "ours_ahead_s_high": high}
        told = row(name, tallies, latencies)
        rows.append({**told, **{key: round(value, 3) for key, value in paired.items()}})
        print({k: v for k, v in rows[-1].items() if k != "machine"}, file=sys.stderr)
        with args.output.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


async def _all(contestant: Contestant, chosen: list[Change]) -> list[Tally]:
    return [await contestant.replay(one) for one in chosen]


if __name__ == "__main__":
    main()
