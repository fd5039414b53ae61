"""Fit the show/hide model to a model file, and tell how well its promises hold. One command:

    python -m benchmarks.recalibrate --repos DIR --answers FOLDER [--model FILE.gguf]

Asks the model at the pauses of the `FITTED` commits (benchmarks/commits.py), and for languages
other than Python at the positions of benchmarks/corpus.py; writes `slm_lsp/completion/show.toml`
from both, and to show_by_others.csv what each repository would have been shown by weights fitted on
the others. What is promised is bent so that, of each repository, it is true when the others promise
it. Then asks at the pauses of the `REPORTED` commits, of which no weight has seen anything:
the calibration (CSV and plot) and what each threshold would show come from these; `--reported 0`
leaves that out. Fitting takes half an hour on two busy cores with the bundled model, and judging
five minutes; what was asked once lies in FOLDER, and is not asked again by another run.
"""

import argparse
import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tomlkit

from benchmarks.commits import FITTED, REPORTED, newest_changes
from benchmarks.corpus import positions
from benchmarks.fitting import bend, calibration, fit, plot
from benchmarks.oracle import (
    NOTHING,
    Judgement,
    Seen,
    Tally,
    judge,
    net_each_pause_per_100_lines,
    net_per_100_lines,
    saved_percent,
)
from benchmarks.pauses import Row, journal, journal_of_positions
from benchmarks.tables import write_table
from slm_lsp.completion.deciding import LEAST_COPIED, SURE
from slm_lsp.completion.show import show_model, sureness
from slm_lsp.completion.types import Source
from slm_lsp.models.manifest import bundled_model
from slm_lsp.settings import Settings

RESULTS = Path(__file__).parent / "results"
WEIGHTS = Path(__file__).parents[1] / "slm_lsp" / "completion" / "show.toml"
# Where a row holds what a source said.
TEXTS = {Source.WRITTEN: "written", Source.COPIED: "copied", Source.COMPARED: "copied"}


def pauses_of(repositories: dict[str, str], n: int, args: argparse.Namespace) -> list[Row]:
    chosen = newest_changes(args.repos, repositories, n)
    kept = args.answers / "pauses.jsonl"
    return asyncio.run(journal(args.repos, chosen, kept, model=args.model))


def positions_of(folder: Path, args: argparse.Namespace) -> list[Row]:
    """In other languages than Python, which the commits are written in."""
    chosen = [
        one
        for one in positions(folder, args.a_language)
        if not one.invoked and one.document.language != "python"
    ]
    return asyncio.run(journal_of_positions(chosen, args.answers / "positions.jsonl", args.model))


@dataclass(frozen=True, slots=True)
class Suggested:
    """One suggestion of one source."""

    text: str
    features: dict[str, float]
    truth: str
    repository: str  # "" for places in files without their repository


def suggested(rows: list[Row], source: Source) -> list[Suggested]:
    """All that the source suggested."""
    text = TEXTS[source]
    return [
        Suggested(row[text], row["features"][source], row["truth"], row.get("repository", ""))
        for row in rows
        if row[text]
    ]


def arrays(told: list[Suggested]) -> tuple[list[str], np.ndarray, list[Judgement]]:
    """Names of the features, their values, and what a person would make of each suggestion."""
    names = list(told[0].features)
    x = np.array([[one.features[name] for name in names] for one in told])
    return names, x, [judge(one.text, one.truth) for one in told]


def fitted(told: list[Suggested]) -> tomlkit.items.Table:
    names, x, judged = arrays(told)
    right = np.array([one.right > 0 for one in judged], float)
    worth = np.array([one.is_worth_it for one in judged], float)
    length = np.array([len(one.text.partition("\n")[0]) for one in told], float)
    saved = np.array([one.saved for one in judged], float)
    a_character, keys = np.polyfit(length[worth > 0], saved[worth > 0], 1)
    table = tomlkit.table()
    table["suggestions"] = len(told)
    table["begin_right"] = round(float(right.mean()), 4)
    table["are_worth_it"] = round(float(worth.mean()), 4)
    table["keys"] = round(float(keys), 3)
    table["keys_a_character"] = round(float(a_character), 4)
    groups = np.array([one.repository for one in told])
    for name, target in (("right", right), ("worth", worth)):
        w = fit(x, target)
        head = tomlkit.table()
        head["bias"] = round(float(w[-1]), 5)
        head["bends"] = [round(float(one), 4) for one in bend(x, target, groups)]
        head["weights"] = {
            feature: round(float(value), 5) for feature, value in zip(names, w[:-1], strict=True)
        }
        table[name] = head
    return table


def write_weights(rows: list[Row], model: str) -> None:
    document = tomlkit.document()
    document.add(tomlkit.comment("Fitted by benchmarks/recalibrate.py; see slm_lsp/completion."))
    document["model"] = model
    for source in Source:
        document[source.value] = fitted(suggested(rows, source))
        WEIGHTS.write_text(tomlkit.dumps(document), "utf-8")
        show_model.cache_clear()
        if source is Source.WRITTEN:
            tell_what_is_promised(rows)


def tell_what_is_promised(rows: list[Row]) -> None:
    """How sure the model is of its answers, by the weights as they are, is a sign for copies."""
    for row in rows:
        if row["copied"] and row["written"]:
            features = row["features"][Source.COMPARED]
            promised = show_model().probability(row["features"][Source.WRITTEN])
            for said in ("agrees", "differs"):
                features[f"other_{said}_surely"] = features[f"other_{said}"] * sureness(promised)


def simulated(rows: list[Row], shown: Callable[[Row], str]) -> dict[str, dict[str, Tally]]:
    """What the commits would have cost and saved by a rule of showing, by repository and commit.

    What is on the screen stays while it is typed along, as in `slm_lsp/completion/screen.py`.
    """
    tallies: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    line, taken_to, seen = None, 0, NOTHING
    for row in rows:
        tally = tallies[row["repository"]][row["commit"]]
        column = len(row["before"])
        if (row["commit"], row["line"]) != line:
            line, taken_to, seen = (row["commit"], row["line"]), 0, NOTHING
            tally.lines += 1
            tally.characters += len((row["before"] + row["truth"]).strip()) + 1
        if column < taken_to:
            continue  # what was taken led past it
        tally.asked += 1
        rest = seen.rest(row["before"])
        text = rest or shown(row)
        if text:
            judgement = judge(text, row["truth"])
            tally.count(judgement, again=bool(rest))
            taken_to = column + judgement.taken
            seen = seen if rest else Seen(column, text)
    return tallies


def shown_at(row: Row, percent: float, source: str = "both") -> str:
    """What the engine would show (`slm_lsp/completion/deciding.py`), or would with one source."""
    least = max(percent / 100, LEAST_COPIED)

    def gain(source: Source, floor: float) -> float | None:
        """None where it would be hidden."""
        features = row["features"][source]
        if not row[TEXTS[source]] or show_model(source).probability(features) < floor:
            return None
        gain_s = show_model(source).gain_s(features)
        return gain_s if floor == 0 or gain_s > 0 else None

    if source == "written":
        return row["written"] if gain(Source.WRITTEN, percent / 100) is not None else ""
    if source == "copied":
        return row["copied"] if gain(Source.COPIED, least) is not None else ""
    if gain(Source.COPIED, max(least, SURE)) is not None:
        return row["copied"]
    written, copied = gain(Source.WRITTEN, percent / 100), gain(Source.COMPARED, least)
    if copied is not None and (written is None or copied > written):
        return row["copied"]
    return row["written"] if written is not None else ""


def worth_of(rows: list[Row], source: str, percent: float) -> Tally:
    return total_of(simulated(rows, lambda row: shown_at(row, percent, source)))


def total_of(sums: dict[str, dict[str, Tally]]) -> Tally:
    return sum((one for commits in sums.values() for one in commits.values()), Tally())


def told(source: str, percent: float, total: Tally) -> Row:
    return {
        "source": source,
        "show_at_least_percent": percent,
        "shown": total.shown,
        "again": total.again,
        "shown_per_1000": round(1000 * total.shown / total.characters, 2),
        "wrong_percent": round(total.wrong_percent, 1),
        "to_its_end_percent": round(100 * total.to_its_end / max(1, total.shown), 1),
        "saved_percent": round(saved_percent(total), 2),
        "net_s_100_lines": round(net_per_100_lines(total), 2),
        "net_s_each_pause": round(net_each_pause_per_100_lines(total), 2),
    }


def thresholds() -> list[tuple[str, float]]:
    """What each setting is asked about, and the default also of each source by itself."""
    default = Settings().completion.show_at_least_percent
    percents = (0, 30, 40, 50, 60, 70, 80, 90)
    return [*(("both", one) for one in percents), ("written", default), ("copied", default)]


def judged_by_others(commits: list[Row], places: list[Row], model: str) -> list[Row]:
    """What each setting would show in each repository, by weights that are fitted on the others."""
    totals = dict.fromkeys(thresholds(), Tally())
    for name in dict.fromkeys(row["repository"] for row in commits):
        write_weights([row for row in commits if row["repository"] != name] + places, model)
        own = [row for row in commits if row["repository"] == name]
        tell_what_is_promised(own)
        totals = {key: total + worth_of(own, *key) for key, total in totals.items()}
    return [told(*key, total) for key, total in totals.items()]


def calibrated(rows: list[Row]) -> list[Row]:
    """For each source, what was promised and what was so."""
    bins: list[Row] = []
    for source in Source:
        told = suggested(rows, source)
        model = show_model(source)
        promised = np.array([model.probability(one.features) for one in told])
        right = np.array([judge(one.text, one.truth).right > 0 for one in told], float)
        bins += [{"source": source.value, **one} for one in calibration(promised, right)]
    return bins


def publish(name: str, table: list[Row]) -> None:
    write_table(RESULTS / f"{name}.csv", table)
    for row in table:
        print(*(f"{key} {value}" for key, value in row.items()), sep="  ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="a GGUF file; the bundled model otherwise")
    parser.add_argument("--commits", type=int, default=8, help="of each repository, to fit")
    parser.add_argument("--reported", type=int, default=3, help="of each repository, to judge")
    parser.add_argument("--a-language", type=int, default=60, help="positions of each")
    parser.add_argument("--answers", type=Path, help="keep the model's answers in this folder")
    args = parser.parse_args()
    with TemporaryDirectory() as scratch:
        args.answers = args.answers or Path(scratch)
        args.answers.mkdir(parents=True, exist_ok=True)
        model = args.model.stem if args.model else bundled_model().name
        model = model.removesuffix("-Q8_0")
        commits, places = pauses_of(FITTED, args.commits, args), positions_of(args.repos, args)
        publish("show_by_others", judged_by_others(commits, places, model))
        write_weights(commits + places, model)
        print(f"{len(commits + places)} places to fit")
        if not args.reported:
            return
        rows = pauses_of(REPORTED, args.reported, args)
    tell_what_is_promised(rows)
    bins = calibrated(rows)
    publish("show_calibration", bins)
    publish("show_thresholds", [told(*key, worth_of(rows, *key)) for key in thresholds()])
    n = sum(one["n"] for one in bins)
    error = sum(one["n"] * abs(one["promised"] - one["right"]) for one in bins) / n
    print(f"{n} suggestions to judge; calibration error {error:.3f}")
    plot(bins, error, RESULTS / "show_calibration.svg")


if __name__ == "__main__":
    main()
