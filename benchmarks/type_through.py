"""Typing along a suggestion is answered at once, and by whom: the cache, not the model.

    python -m benchmarks.type_through --repos DIR [--commits 1] [--output CSV]

Three ways of typing the commits of `benchmarks/replay.py`, through the real server. *Along*: at
every pause whatever the model says is shown, its first characters are typed one by one and deleted
again, and each of these keys has to be answered with the rest of the same suggestion. *Along, with
rests*: the same for fewer keys, and at each third of them the hand rests for so long that the
server reads ahead, with other snippets than before. *Every key*:
with the default settings, the lines are typed key by key and a question is asked at each of them;
the model is not asked where the answer is known, where the file is sure itself, and where the gate
keeps silent.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import Any

from slm_context.cursor import DocumentContext

from benchmarks.commits import REPORTED, Change, newest_changes
from benchmarks.contestants import place
from benchmarks.machine import machine
from benchmarks.pauses import documents, parent_tree
from benchmarks.suggesters import Ours
from benchmarks.tables import write_table
from tests.support.editor import Editor, span

RESULTS = Path(__file__).parent / "results" / "type_through.csv"
ALONG, RESTING = "along", "along, with rests"
COLUMNS = (
    "way",
    "commits",
    "keys",
    "same_suggestion_percent",
    "known_percent",
    "copied_percent",
    "gate_percent",
    "without_model_percent",
)
# So many characters of a suggestion are typed, and deleted again.
N_TYPED = 8
# At each third key: long enough for what is computed while nobody types.
REST_S, RESTS_EACH = 0.6, 3


class Typist:
    """One editor in front of one file, whole texts in, answers and times out."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.latencies_ms: list[float] = []
        self._ours = Ours(editor, prefix_only=False)
        self._text = ""
        self.uri = ""

    async def open(self, change: Change, root: Path) -> None:
        await self._ours.open(change, root)
        self.uri, self._text = (root / change.path).as_uri(), change.before

    def show(self, text: str) -> None:
        """The file is now this; what changed is one edit."""
        same = _common(self._text, text)
        end = _common(self._text[same:][::-1], text[same:][::-1])
        old = len(self._text) - end
        edit = span(*place(self._text, same), *place(self._text, old))
        self.editor.change(self.uri, {"range": edit, "text": text[same : len(text) - end]})
        self._text = text

    async def ask(self, offset: int) -> str:
        started = time.perf_counter()
        line, column = place(self._text, offset)
        items = await self.editor.inline(self.uri, line, column, by_hand=False)
        self.latencies_ms.append((time.perf_counter() - started) * 1000)
        return items[0]["insertText"] if items else ""

    async def counters(self) -> dict[str, int]:
        self.editor.transcript.clear()
        return (await self.editor.status())["counters"]


async def along(
    typist: Typist, change: Change, root: Path, most: int, rests: bool = False
) -> tuple[int, int, list[float]]:
    """(keys, of these answered with the rest of the suggestion, milliseconds)."""
    n_keys = n_right = 0
    took: list[float] = []
    await typist.open(change, root)
    for _, _, document in documents(change):
        typist.show(document.text)
        shown = (await typist.ask(document.offset)).partition("\n")[0]
        typed = min(N_TYPED, len(shown) - 1)
        for n in [*range(1, typed + 1), *range(typed - 1, 0, -1)]:
            at = document.offset + n
            if rests and n_keys % RESTS_EACH == 0:
                await asyncio.sleep(REST_S)
            typist.show(document.prefix + shown[:n] + document.suffix)
            answer = await typist.ask(at)
            took.append(typist.latencies_ms[-1])
            n_keys += 1
            n_right += answer.partition("\n")[0] == shown[n:]
        if n_keys >= most:
            break
    return n_keys, n_right, took


async def every_key(typist: Typist, change: Change, root: Path, most: int) -> None:
    await typist.open(change, root)
    for document in islice(_keys(change), most):
        typist.show(document.text)
        await typist.ask(document.offset)


def _keys(change: Change) -> Iterator[DocumentContext]:
    """The document after each key: what `documents` has for the pauses, for every column."""
    lines = set[int]()
    for number, truth, document in documents(change):
        if number not in lines:
            lines.add(number)
            for column in range(1, len(truth) + 1):
                text = document.prefix + truth[:column] + document.suffix
                offset = document.offset + column
                yield DocumentContext(document.path, document.language, text, offset)


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


async def main_async(args: argparse.Namespace) -> None:
    chosen = newest_changes(args.repos, REPORTED, args.commits)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for way, percent in ((ALONG, 0), (RESTING, 0), ("every key", None)):
            completion: dict[str, Any] = {"debounce_ms": 0}
            if percent is not None:
                completion["show_at_least_percent"] = percent
            env = {"SLM_LSP_HOME": str(Path(scratch) / "home")}
            async with Editor.start("--log-level", "error", env=env) as editor:
                options: dict[str, Any] = {"completion": completion}
                if args.model:
                    options["model"] = {"path": str(args.model)}
                await editor.initialize(options=options, encodings=("utf-32",))
                await editor.ready()
                typist = Typist(editor)
                n_keys = n_right = 0
                took: list[float] = []
                for number, change in enumerate(chosen):
                    root = Path(scratch) / f"{way}-{number}"
                    root.mkdir()
                    parent_tree(args.repos, change, root)
                    if way != "every key":
                        rests = way == RESTING
                        most = args.keys // RESTS_EACH if rests else args.keys
                        keys, right, times = await along(typist, change, root, most, rests)
                        n_keys, n_right, took = n_keys + keys, n_right + right, took + times
                    else:
                        await every_key(typist, change, root, args.keys)
                counters = await typist.counters()
            told: dict[str, Any] = {"way": way, "commits": len(chosen), "keys": n_keys}
            if way != "every key":
                told["same_suggestion_percent"] = round(100 * n_right / n_keys, 2)
            else:
                told["keys"], took = counters["requests"], typist.latencies_ms
                told |= shares(counters)
            cuts = quantiles(took, n=100)
            times = {f"p{p}_ms": round(cuts[p - 1], 2) for p in (50, 95, 99)}
            rows.append({**dict.fromkeys(COLUMNS, ""), **told, **times, "machine": machine()})
            print(rows[-1])
    write_table(args.output, rows)


def shares(counters: dict[str, int]) -> dict[str, float]:
    """Of all keys, in percent: who was answered by what, and all without the model."""
    answered = {
        "known_percent": counters["cache_hits"],
        "copied_percent": counters["copied"],
        "gate_percent": counters["skipped"],
    }
    answered["without_model_percent"] = sum(answered.values())
    return {key: round(100 * n / counters["requests"], 1) for key, n in answered.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=Path, required=True)
    parser.add_argument("--commits", type=int, default=1, help="of each repository")
    parser.add_argument("--keys", type=int, default=300, help="of each commit, at most")
    parser.add_argument("--model", type=Path, help="a GGUF file; the bundled model otherwise")
    parser.add_argument("--output", type=Path, default=RESULTS)
    asyncio.run(main_async(parser.parse_args()))


if __name__ == "__main__":
    main()
