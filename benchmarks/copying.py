"""What copying alone is worth, by which texts it counts in. No model is asked.

    python -m benchmarks.copying --repos DIR [--commits 8] [--answers FOLDER]

At each pause of the `TUNED` commits (`benchmarks/commits.py`), what followed the same words is
suggested: of the text above the cursor, of the whole file, and of the files beside it, too. What is
shown is decided by a logistic rule of its own that each repository's judges were not fitted on;
what a person takes, and the seconds, are those of `benchmarks/oracle.py`. Says what a change of
counting is worth within a minute; what the whole program saves is in `benchmarks/replay.py`.
"""

import argparse
import asyncio
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from slm_context.cursor import DocumentContext

from benchmarks.commits import TUNED, Change, newest_changes
from benchmarks.fitting import fit, predict
from benchmarks.oracle import (
    Judgement,
    Tally,
    interval,
    judge,
    net_per_100_lines,
    saved_percent,
    seconds_ahead,
)
from benchmarks.pauses import Row, documents, repository_of, settings
from benchmarks.recalibrate import simulated, total_of
from benchmarks.tables import write_table
from slm_lsp.completion.confident import LEAST
from slm_lsp.completion.copying import Copied, Copier
from slm_lsp.completion.names import word_before
from slm_lsp.completion.show import SECONDS_A_KEY, SECONDS_A_LOOK, SECONDS_A_MISTAKE

RESULTS = Path(__file__).parent / "results" / "copying.csv"
SHOWN_AT = 0.6


def above(document: DocumentContext) -> DocumentContext:
    return replace(document, text=document.text[: document.offset + len(document.line_suffix)])


# By what is counted: the document that is seen, and whether its neighbours are.
WAYS: dict[str, tuple[Callable[[DocumentContext], DocumentContext], bool]] = {
    "text above": (above, False),
    "file": (lambda document: document, False),
    "file and beside": (lambda document: document, True),
}


def rows_of(change: Change, beside: Sequence[str], way: str) -> Iterator[Row]:
    seen, with_neighbours = WAYS[way]
    copier = Copier()
    copier.look_also_in(beside if with_neighbours else ())
    for line, truth, document in documents(change):
        copied = copier.suggest(seen(document))
        text = _sure_part(copied) if copied else ""
        yield {
            "repository": change.repository,
            "commit": change.commit,
            "line": line,
            "before": document.line_prefix,
            "truth": truth,
            "text": text,
            "signs": _signs(document, copied, text) if copied else [],
        }


def _sure_part(copied: Copied) -> str:
    text, certain = "", 0.0
    for token in copied.tokens:
        certain += token.logprob
        if math.exp(certain) < LEAST:
            break
        text += token.text
    return text


def _signs(document: DocumentContext, copied: Copied, text: str) -> list[float]:
    """What the rule looks at."""
    logprobs = [token.logprob for token in copied.tokens]
    certain, length = math.exp(sum(logprobs)), math.log1p(len(text))
    return [
        logprobs[0],
        sum(logprobs[:3]),
        min(logprobs),
        math.exp(logprobs[0]),
        certain,
        length,
        length * certain,
        copied.precedent.n_context,
        math.log1p(copied.precedent.n_times),
        float(copied.precedent.in_file),
        float(bool(word_before(document.line_prefix))),
        float(not document.line_prefix.strip()),
        float(document.line_prefix.rstrip().endswith(".")),
    ]


def decide(rows: list[Row]) -> None:
    """Set `shown` of each row, by a rule that was fitted on the other repositories."""
    made = [row for row in rows if row["text"]]
    signs = np.array([row["signs"] for row in made])
    judged: list[Judgement] = [judge(row["text"], row["truth"]) for row in made]
    right = np.array([one.right > 0 for one in judged], float)
    worth = np.array([one.is_worth_it for one in judged], float)
    saved = np.array([one.saved for one in judged], float)
    length = np.array([len(row["text"]) for row in made], float)
    repositories = np.array([row["repository"] for row in made])
    for one in set(repositories):
        to_fit, to_judge = repositories != one, repositories == one
        p = predict(fit(signs[to_fit], right[to_fit]), signs[to_judge])
        q = predict(fit(signs[to_fit], worth[to_fit]), signs[to_judge])
        useful = to_fit & (worth > 0)
        a_character, keys = np.polyfit(length[useful], saved[useful], 1)
        gain_s = q * np.maximum(0, keys + a_character * length[to_judge]) * SECONDS_A_KEY
        gain_s -= SECONDS_A_LOOK + SECONDS_A_MISTAKE * (1 - p)
        for index, shown in zip(
            np.flatnonzero(to_judge), (p >= SHOWN_AT) & (gain_s > 0), strict=True
        ):
            made[index]["shown"] = bool(shown)


Sums = dict[str, dict[str, Tally]]


def told(way: str, sums: Sums, first: Sums) -> dict[str, Any]:
    total = total_of(sums)
    pairs = [[(sums[r][c], first[r][c]) for c in sums[r]] for r in sums]
    low, high = interval(pairs, seconds_ahead)
    return {
        "counted": way,
        "commits": sum(map(len, sums.values())),
        "pauses": total.asked,
        "shown": total.shown,
        "wrong_percent": round(total.wrong_percent, 1),
        "saved_percent": round(saved_percent(total), 2),
        "net_s_100_lines": round(net_per_100_lines(total), 2),
        "ahead_s": round(seconds_ahead(pair for group in pairs for pair in group), 2),
        "ahead_s_low": round(low, 2),
        "ahead_s_high": round(high, 2),
    }


async def neighbours(folder: Path, change: Change, into: Path) -> tuple[str, ...]:
    gather = repository_of(folder, change, into, settings())[0]
    start = DocumentContext(change.path, "python", change.before, 0)
    return (await gather(start)).beside


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=Path, required=True)
    parser.add_argument("--commits", type=int, default=8, help="of each repository")
    parser.add_argument("--answers", type=Path, help="benchmarks.recalibrate's: indexes lie there")
    args = parser.parse_args()
    rows: dict[str, list[Row]] = {way: [] for way in WAYS}
    with TemporaryDirectory() as scratch:
        folder = (args.answers or Path(scratch)) / "repositories"
        for change in newest_changes(args.repos, TUNED, args.commits):
            beside = asyncio.run(neighbours(args.repos, change, folder / change.commit))
            for way in WAYS:
                rows[way] += rows_of(change, beside, way)
    table: list[dict[str, Any]] = []
    first: Sums | None = None
    for way in WAYS:
        decide(rows[way])
        sums = simulated(rows[way], lambda row: row["text"] if row.get("shown") else "")
        first = first or sums
        table.append(told(way, sums, first))
        print(table[-1])
    write_table(RESULTS, table)


if __name__ == "__main__":
    main()
