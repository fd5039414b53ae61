"""One contestant types commits again, and what came of it is kept in a file."""

import json
import math
import os
import random
import shutil
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.commits import Change, next_key_ms, pauses
from benchmarks.oracle import NOTHING, Seen, Tally, judge
from benchmarks.pauses import parent_tree
from benchmarks.suggesters import Suggests


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
        column, seen = 0, NOTHING
        for pause in pauses(line, rng):
            if pause < column:
                continue  # what was taken led past it
            self._type(lines, number, line[column:pause])
            column = pause
            await self._contestant.rest()
            started = time.perf_counter()
            text = await self._contestant.ask(lines, number, column)
            latency_ms = (time.perf_counter() - started) * 1000
            tally.asked += 1
            self.latencies_ms.append(latency_ms)
            if latency_ms > next_key_ms(line[:column], rng):
                tally.stale += bool(text)
            elif text:
                judgement = judge(text, line[column:])
                again = text == seen.rest(line[:column])
                tally.count(judgement, again)
                seen = seen if again else Seen(column, text)
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
                if "again" not in one["tally"]:
                    continue  # from when a suggestion was counted at each pause
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
                    "load": round(os.getloadavg()[0], 2),
                    "latencies_ms": [round(ms, 3) for ms in replay.latencies_ms],
                }
                with self._file.open("a", encoding="utf-8") as file:
                    print(json.dumps(told), file=file)


class TimeIsOver(Exception):
    """The rest is for another run."""
