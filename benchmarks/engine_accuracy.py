"""What the engine's means cost in accuracy, on repositories that no model of ours has seen.

    python -m benchmarks.engine_accuracy CLONES                 # the bundled model
    python -m benchmarks.engine_accuracy CLONES --only healing --n-cases 300 --write

Two questions, both on the hidden rests of lines of real code (benchmarks/line_ends.py):

healing   Is the rest of a line as often right inside an identifier as from the identifier's start?
shift     With the suffix's cells moved at each key instead of evaluated again: how much less
          probable is what really follows, and how often does the answer differ?
"""

import argparse
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from slm_context.cursor import split_at_cursor
from slm_context.window import fit_window
from slm_prompts import render

from benchmarks.engine import BUNDLED, Engine
from benchmarks.intervals import paired_interval
from benchmarks.line_ends import repository_cases
from benchmarks.machine import machine
from benchmarks.tables import renew_table
from slm_lsp.completion.healing import healed
from slm_lsp.inference.scoring import score_texts
from slm_lsp.inference.wire import Generate
from slm_lsp.tune.accuracy import Case, Position

RESULTS = Path(__file__).parent / "results" / "engine_accuracy.csv"
COLUMNS = ("measure", "way", "cases", "value", "unit", "model", "machine")
N_CHARS = 1_500
N_PREDICT = 48
WORD = re.compile(r"\w+\Z")
# Keys typed since the suffix was evaluated.
KEYS = (1, 10)

Row = tuple[str, str, int, float, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A case as the model is asked: a cursor, the text that hides the rest, the rest itself."""

    case: Case
    offset: int

    @property
    def hidden(self) -> str:
        return replace(self.case, offset=self.offset).hidden

    def request(self, engine: Engine, *, heal: bool = True, order: str | None = None) -> Generate:
        case = self.case
        shown = case.text[: self.offset] + case.text[case.line_stop :]
        document = split_at_cursor(shown, self.offset, path=case.path, language=case.language)
        window = fit_window(document, N_CHARS)
        prefix, text = healed(window.prefix) if heal else (window.prefix, "")
        prompt = render(
            engine.template, path=case.path, prefix=prefix, suffix=window.suffix, order=order
        )
        segments = tuple((one.text, one.special) for one in prompt.segments)
        return Generate(0, segments, N_PREDICT, stop=prompt.stop, heal=text)


def exact(engine: Engine, asked: Asked, request: Generate) -> bool:
    text, _ = engine.ask(request)
    return text.split("\n", 1)[0].rstrip() == asked.hidden


def healing(engine: Engine, cases: list[Case]) -> Iterator[Row]:
    inside = [Asked(one, one.offset) for one in cases if one.position is Position.IDENTIFIER]
    at_start = [Asked(one.case, start_of_word(one.case)) for one in inside]
    before = [exact(engine, one, one.request(engine)) for one in at_start]
    after = [exact(engine, one, one.request(engine)) for one in inside]
    plain = [exact(engine, one, one.request(engine, heal=False)) for one in inside]
    n = len(inside)
    for way, found in (
        ("at the identifier's start", before),
        ("inside, healed", after),
        ("inside, not healed", plain),
    ):
        yield "healing", way, n, 100 * mean(found), "% exact"
    yield from interval("healing", "inside, healed, less at the start", before, after)


def shift(engine: Engine, cases: list[Case]) -> Iterator[Row]:
    """With the suffix last. The cells were computed when the last keys were not typed yet."""
    cases = [one for one in cases if one.offset > 100]
    orders = [Asked(one, one.offset).request(engine, heal=False, order="psm") for one in cases]
    # The suffix told as nothing: what it is worth at all.
    without = [replace(one, segments=one.segments[:-2] + one.segments[-1:]) for one in orders]
    fresh = [told(engine, one, case, lambda: None) for one, case in zip(orders, cases, strict=True)]
    none = [told(engine, one, case, lambda: None) for one, case in zip(without, cases, strict=True)]
    n = len(cases)
    yield "shift", "evaluated", n, mean(p for p, _ in fresh), "log-probability per token"
    yield "shift", "no suffix", n, mean(p for p, _ in none), "log-probability per token"
    for n_keys in KEYS:
        moved = [
            told(engine, replace(one, shift=True), case, partial(typed, engine, one, n_keys))
            for one, case in zip(orders, cases, strict=True)
        ]
        way = f"moved at {n_keys} keys"
        differ = sum(a != b for (_, a), (_, b) in zip(moved, fresh, strict=True))
        yield "shift", way, n, mean(p for p, _ in moved), "log-probability per token"
        yield "shift", way, n, 100 * differ / n, "% other answers"
        right = [
            [answer == one.hidden for one, (_, answer) in zip(cases, found, strict=True)]
            for found in (fresh, moved)
        ]
        yield "shift", way, n, 100 * mean(right[1]) - 100 * mean(right[0]), "points exact"


def typed(engine: Engine, request: Generate, n_keys: int) -> None:
    """Leave the cache as typing the last keys leaves it."""
    at = next(
        n for n, (text, special) in reversed(list(enumerate(request.segments[:-3]))) if not special
    )
    prefix = request.segments[at][0]
    for n in range(min(n_keys, len(prefix) - 1), 0, -1):
        segments = list(request.segments)
        segments[at] = (prefix[: len(prefix) - n], False)
        engine.ask(replace(request, segments=tuple(segments), n_predict=1))


def told(
    engine: Engine, request: Generate, case: Case, before: Callable[[], None]
) -> tuple[float, str]:
    """The mean log-probability of what really follows, and the answer."""
    engine.fresh()
    before()
    prompt = engine.llama.vocab.tokenise(request.segments)
    engine.cache.prefill(prompt, request.shift)
    (scores,) = score_texts(
        engine.llama, engine.cache, [list(engine.llama.vocab.tokenise_text(case.hidden))]
    )
    text, _ = engine.ask(request)
    return mean(scores), text.split("\n", 1)[0].rstrip()


def interval(measure: str, way: str, before: list[bool], after: list[bool]) -> Iterator[Row]:
    figures = paired_interval([float(one) for one in before], [float(one) for one in after])
    for name, value in zip(("difference", "low", "high"), figures, strict=True):
        yield measure, f"{way}: {name}", len(before), 100 * value, "points, 95 % interval"


def start_of_word(case: Case) -> int:
    match = WORD.search(case.text, max(0, case.offset - 100), case.offset)
    return match.start() if match else case.offset


MEASURES = {"healing": healing, "shift": shift}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clones", type=Path, help="folder of local clones")
    parser.add_argument("--model", type=Path, default=BUNDLED)
    parser.add_argument("--only", choices=MEASURES)
    parser.add_argument("--n-cases", type=int, default=60, help="per repository")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"keep the rows in {RESULTS.name}")
    asked = parser.parse_args(argv)
    # One thread: nothing here is about time, and threads that wait for a core wait long.
    engine = Engine(asked.model, n_threads=1)
    cases = list(repository_cases(asked.clones, asked.n_cases, asked.seed))
    rows: list[dict[str, Any]] = []
    for name, measure in MEASURES.items():
        if asked.only in (None, name):
            for row in measure(engine, cases):
                values = (*row[:3], f"{row[3]:.2f}", row[4], asked.model.stem, machine())
                rows.append(dict(zip(COLUMNS, values, strict=True)))
                print(*values[:5], sep="\t", flush=True)
    if asked.write:
        renew_table(RESULTS, rows, ("measure", "model"))


if __name__ == "__main__":
    main()
