"""What a key costs the server itself: its own processor time, and the wait, without the model's.

    python -m benchmarks.own_time [--repository DIR --glob "*.go" --language go] [--write]
    python -m benchmarks.own_time --shown FILE       # with other code: was the same shown?

The traces of `benchmarks/typing.py`, each key asked for and answered before the next one falls. The
real server is told the model's answers from a file: the keys are typed twice, and it is the second
time that counts. Nothing is computed ahead and no time runs out, so that another version of the
code asks the same and can be held to what was shown: `--shown` records it, or compares.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

from slm_context.cursor import DocumentContext
from slm_context.syntax import parse

from benchmarks.answers import KeptAnswers
from benchmarks.contestants import place
from benchmarks.machine import machine
from benchmarks.tables import renew_table
from benchmarks.traces import Session, sessions
from slm_lsp import cli, serving
from slm_lsp.completion import ahead, settled
from slm_lsp.inference.wire import Chunk, Done, Generate, ModelInfo
from slm_lsp.settings import Settings
from tests.support.editor import Editor, span

RESULTS = Path(__file__).parent / "results" / "own_time.csv"
SERVE = (sys.executable, "-P", "-m", "benchmarks.own_time", "--serve")
NEVER_S = 1e9
PATIENT = {
    "completion": {"debounce_ms": 0, "automatic_deadline_ms": 9_000},
    "context": {"deadline_ms": 4_000},
}


class Unhurried(KeptAnswers):
    """Says nothing of its speed: how much is asked of it would follow how busy the machine is."""

    @property
    def model(self) -> ModelInfo | None:
        found = super().model
        return found and replace(found, prefill_tokens_per_second=0.0)

    async def generate(self, request: Generate) -> AsyncIterator[Chunk | Done]:
        async for item in super().generate(request):
            yield replace(item, prefill_ms=0.0) if isinstance(item, Done) else item


def serve(answers: Path) -> None:
    """The real command, but for its model."""
    build = serving.build_client

    async def build_kept(settings: Settings) -> Any:
        return Unhurried(await build(settings), answers)

    serving.build_client = build_kept
    settled.SNIPPETS_LAST_S = ahead.IDLE_S = NEVER_S
    raise SystemExit(cli.main(["serve", "--log-level", "error"]))


class Typed:
    """Milliseconds of waiting and of processor time, and what was shown key by key.

    `keys_ms` is the processor time of each key by whether the file would be broken without the
    line that is being typed, too.
    """

    def __init__(self) -> None:
        self.waits_ms: list[float] = []
        self.cpu_ms = 0.0
        self.keys_ms: dict[bool, list[float]] = {False: [], True: []}
        self.shown: list[Any] = []


async def type_all(traces: Sequence[Session], root: Path, language: str, home: Path) -> Typed:
    typed, env = Typed(), {"SLM_LSP_HOME": str(home), "SLM_LSP_CONFIG": str(home / "config.toml")}
    async with Editor.start(str(home / "answers.jsonl"), command=SERVE, env=env) as editor:
        await editor.initialize(options=PATIENT, encodings=("utf-32",), root=root)
        status = await editor.ready()
        while status["workspace"]["state"] == "reading":
            await asyncio.sleep(0.1)
            status = await editor.status()
        for session in traces:
            uri, text = (root / session.name).as_uri(), session.text
            editor.open(uri, text, language)
            await editor.status()
            before_ms = cpu_ms(editor.process.pid)
            for key in session.keys:
                start, end = (place(text, at) for at in (key.start, key.end))
                text = key.apply(text)
                editor.forget()
                used_ms = cpu_ms(editor.process.pid)
                asked_at = time.perf_counter()
                editor.change(uri, {"range": span(*start, *end), "text": key.text})
                items = await editor.inline(uri, *place(text, key.cursor), by_hand=False)
                typed.waits_ms.append((time.perf_counter() - asked_at) * 1000)
                used_ms = cpu_ms(editor.process.pid) - used_ms
                typed.keys_ms[is_broken(text, key.cursor, language)].append(used_ms)
                typed.shown.append([[one["insertText"], one["range"]] for one in items])
            typed.cpu_ms += cpu_ms(editor.process.pid) - before_ms
            editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    return typed


def is_broken(text: str, cursor: int, language: str) -> bool:
    """Whether the file does not parse without the cursor's line."""
    document = DocumentContext("", language, text, cursor)
    end = cursor + len(document.line_suffix)
    tree = parse(text[: document.line_start] + text[end:], language)
    return tree is not None and tree.has_errors


def cpu_ms(pid: int) -> float:
    """Of all threads that there are, as Linux counts it."""
    counts = (file.read_text().split()[0] for file in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(map(int, counts)) / 1e6


async def measured(traces: Sequence[Session], root: Path, language: str) -> Typed:
    with tempfile.TemporaryDirectory() as scratch:
        asked, told = Path(scratch) / "asked", Path(scratch) / "told"
        await type_all(traces, root, language, asked)
        told.mkdir()
        shutil.copy(asked / "answers.jsonl", told)
        return await type_all(traces, root, language, told)


def hold_to(file: Path, shown: list[Any]) -> str:
    """Compare what was shown with what the file says; where there is none, make it."""
    if not file.exists():
        file.write_text(json.dumps(shown))
        return f"{file} says what was shown"
    before = json.loads(file.read_text())
    n_other = sum(one != other for one, other in zip(before, shown, strict=True))
    return f"at {n_other} of {len(shown)} keys something else was shown"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repository", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--glob", default="*.py")
    parser.add_argument("--language", default="python")
    parser.add_argument("--keys", type=int, default=250)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shown", type=Path, metavar="FILE")
    parser.add_argument("--code", default="now", help="what the row says of the code")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve(args.serve)
    root = args.repository.absolute()
    traces = list(sessions(root, args.glob, args.keys, args.seed))
    typed = asyncio.run(measured(traces, root, args.language))
    cuts = quantiles(typed.waits_ms, n=100)
    row = {
        "repository": root.name,
        "code": args.code,
        "keys": len(typed.shown),
        "shown": sum(map(bool, typed.shown)),
        "cpu_ms_a_key": round(typed.cpu_ms / len(typed.shown), 2),
        **{f"p{p}_ms": round(cuts[p - 1], 2) for p in (50, 95, 99)},
        "machine": machine(),
    }
    print(row)
    for is_broken_file, keys_ms in typed.keys_ms.items():
        if len(keys_ms) > 1:
            n, p95 = len(keys_ms), quantiles(keys_ms, n=20)[-1]
            file = "a file broken beyond the line" if is_broken_file else "a whole file"
            print(f"{n} keys in {file}: CPU {mean(keys_ms):.2f} ms a key, {p95:.2f} at p95")
    if args.shown:
        print(hold_to(args.shown, typed.shown))
    if args.write:
        renew_table(RESULTS, [row], ("repository", "code"))


if __name__ == "__main__":
    main()
