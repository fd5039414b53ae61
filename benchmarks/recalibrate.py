"""Fit the show/hide model to a model file, and tell how well its promises hold. One command:

    python -m benchmarks.recalibrate --repos DIR [--model FILE.gguf] [--answers FOLDER]

Asks the model at the pauses of the `TUNED` commits (benchmarks/commits.py), and for languages
other than Python at the positions of benchmarks/corpus.py; writes `slm_lsp/completion/show.toml`
from both. Then asks at the pauses of the `REPORTED` commits, of which no weight has seen anything:
the calibration (CSV and plot) and what each threshold would show come from these. About ten
minutes on two idle cores; with `--answers` what was asked once is not asked again.
"""

import argparse
import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import tomlkit

from benchmarks import positions as broken
from benchmarks.commits import REPORTED, TUNED, newest_changes
from benchmarks.corpus import positions
from benchmarks.fitting import calibration, fit, plot
from benchmarks.oracle import Judgement, Tally, judge, net_per_100_lines, saved_percent
from benchmarks.pauses import journal
from benchmarks.tables import write_table
from slm_lsp.completion.show import show_model

RESULTS = Path(__file__).parent / "results"
WEIGHTS = Path(__file__).parents[1] / "slm_lsp" / "completion" / "show.toml"
Row = dict[str, Any]


def pauses_of(folder: Path, repositories: dict[str, str], args: argparse.Namespace) -> list[Row]:
    chosen = newest_changes(folder, repositories, args.commits)
    kept = args.answers / "pauses.jsonl"
    return asyncio.run(journal(folder, chosen, kept, model=args.model))


def positions_of(folder: Path, args: argparse.Namespace) -> list[Row]:
    """In other languages than Python, which the commits are written in."""
    chosen = [
        one
        for one in positions(folder, args.a_language)
        if not one.invoked and one.document.language != "python"
    ]
    told = args.answers / "journal.jsonl"
    asyncio.run(broken.run(chosen, args.answers / "positions.jsonl", told, args.model))
    return [json.loads(line) for line in told.open()]


def suggested(rows: list[Row]) -> list[Row]:
    """Those with an answer of the model's own; what was known from another place tells nothing."""
    return [row for row in rows if row["shown"] and row["features"]]


def arrays(rows: list[Row]) -> tuple[list[str], np.ndarray, list[Judgement]]:
    """Names of the features, their values, and what a person would make of each suggestion."""
    names = list(rows[0]["features"])
    x = np.array([[row["features"][name] for name in names] for row in rows])
    return names, x, [judge(row["shown"], row["truth"].partition("\n")[0]) for row in rows]


def fitted(rows: list[Row]) -> tomlkit.TOMLDocument:
    names, x, judged = arrays(rows)
    right = np.array([one.right > 0 for one in judged], float)
    worth = np.array([one.is_worth_it for one in judged], float)
    length = np.array([len(row["shown"].partition("\n")[0]) for row in rows], float)
    saved = np.array([one.saved for one in judged], float)
    a_character, keys = np.polyfit(length[worth > 0], saved[worth > 0], 1)
    document = tomlkit.document()
    document.add(tomlkit.comment("Fitted by benchmarks/recalibrate.py; see slm_lsp/completion."))
    document["suggestions"] = len(rows)
    document["begin_right"] = round(float(right.mean()), 4)
    document["are_worth_it"] = round(float(worth.mean()), 4)
    document["keys"] = round(float(keys), 3)
    document["keys_a_character"] = round(float(a_character), 4)
    for name, target in (("right", right), ("worth", worth)):
        w = fit(x, target)
        head = tomlkit.table()
        head["bias"] = round(float(w[-1]), 5)
        head["weights"] = {
            feature: round(float(value), 5) for feature, value in zip(names, w[:-1], strict=True)
        }
        document[name] = head
    return document


def simulated(rows: list[Row], shown: Callable[[Row], str]) -> dict[str, dict[str, Tally]]:
    """What the commits would have cost and saved by a rule of showing, by repository and commit."""
    tallies: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    line, taken_to = None, 0
    for row in rows:
        tally = tallies[row["repository"]][row["commit"]]
        column = len(row["before"])
        if (row["commit"], row["line"]) != line:
            line, taken_to = (row["commit"], row["line"]), 0
            tally.lines += 1
            tally.characters += len((row["before"] + row["truth"]).strip()) + 1
        if column < taken_to:
            continue  # what was taken led past it
        tally.asked += 1
        text = shown(row)
        if text:
            judgement = judge(text, row["truth"])
            tally.count(judgement)
            taken_to = column + judgement.taken
    return tallies


def thresholds(rows: list[Row]) -> Iterator[Row]:
    """What each setting would show."""
    model = show_model()
    for percent in (0, 30, 40, 50, 60, 70, 80, 90):

        def shown(row: Row, percent: int = percent) -> str:
            if not row["shown"] or percent == 0:
                return row["shown"]
            features = row["features"]
            promised = model.probability(features) * 100 >= percent
            return row["shown"] if promised and model.gain_s(features) > 0 else ""

        commits = [t for one in simulated(rows, shown).values() for t in one.values()]
        total = sum(commits, Tally())
        yield {
            "show_at_least_percent": percent,
            "shown": total.shown,
            "shown_per_1000": round(1000 * total.shown / total.characters, 2),
            "wrong_percent": round(100 * total.wrong / max(1, total.shown), 1),
            "to_its_end_percent": round(100 * total.to_its_end / max(1, total.shown), 1),
            "saved_percent": round(saved_percent(total), 2),
            "net_s_100_lines": round(net_per_100_lines(total), 2),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="a GGUF file; the bundled model otherwise")
    parser.add_argument("--commits", type=int, default=8, help="of each repository")
    parser.add_argument("--a-language", type=int, default=150, help="positions of each")
    parser.add_argument("--answers", type=Path, help="keep the model's answers in this folder")
    args = parser.parse_args()
    with TemporaryDirectory() as scratch:
        args.answers = args.answers or Path(scratch)
        args.answers.mkdir(parents=True, exist_ok=True)
        seen = pauses_of(args.repos, TUNED, args) + positions_of(args.repos, args)
        WEIGHTS.write_text(tomlkit.dumps(fitted(suggested(seen))), "utf-8")
        show_model.cache_clear()
        rows = pauses_of(args.repos, REPORTED, args)
    told = suggested(rows)
    _, _, judged = arrays(told)
    promised = np.array([show_model().probability(row["features"]) for row in told])
    bins = calibration(promised, np.array([one.right > 0 for one in judged], float))
    for name, table in (("show_calibration", bins), ("show_thresholds", list(thresholds(rows)))):
        write_table(RESULTS / f"{name}.csv", table)
        for row in table:
            print(*(f"{key} {value}" for key, value in row.items()), sep="  ")
    error = sum(b["n"] * abs(b["promised"] - b["right"]) for b in bins) / len(told)
    print(f"{len(seen)} places to fit, {len(told)} to judge; calibration error {error:.3f}")
    plot(bins, error, RESULTS / "show_calibration.svg")


if __name__ == "__main__":
    main()
