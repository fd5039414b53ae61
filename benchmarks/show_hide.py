"""Fit the show/hide model, and draw how well its promises hold.

    python -m benchmarks.positions --repos DIR --journal JOURNAL
    python -m benchmarks.show_hide JOURNAL

Writes `slm_lsp/completion/show.toml`, the calibration as CSV and, with matplotlib, as a plot.
Calibration is measured on repositories that the weights have not seen: each repository is judged
by weights fitted on the others. Positions where a person asked by hand take no part.
"""

import argparse
import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

RESULTS = Path(__file__).parent / "results"
WEIGHTS = Path(__file__).parents[1] / "slm_lsp" / "completion" / "show.toml"
# benchmarks/replay.py replays commits of these: no weight may come from them.
REPLAYED = ("agronholm/anyio", "marshmallow-code/marshmallow", "python-poetry/cleo")
TOKEN = re.compile(r"\w+|[^\w\s]|\s+")
# What accepting a word costs is a key: shorter gains are none (research notes, oracle P).
WORTH_ACCEPTING = 5
RIDGE = 1.0


def useful(shown: str, truth: str) -> int:
    """How many characters of the line a person would take: whole tokens, from the start."""
    length = 0
    for match in TOKEN.finditer(shown):
        end = match.end()
        if truth[:end] != shown[:end]:
            break
        if re.match(r"\w\w", truth[end - 1 : end + 1]):
            break  # the true word goes on
        length = end
    return length


def is_right(shown: str, truth: str) -> bool:
    """True when at least a word of the beginning is what was going to be typed."""
    shown, truth = shown.partition("\n")[0], truth.partition("\n")[0].rstrip()
    length = useful(shown, truth)
    return length >= WORTH_ACCEPTING or 0 < len(truth) <= length


def fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ridge logistic regression by Newton's method; the last weight is the constant."""
    x = np.hstack([x, np.ones((len(x), 1))])
    penalty = np.full(x.shape[1], RIDGE)
    penalty[-1] = 0
    w = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(penalty + 1e-9)
        step = np.linalg.solve(hessian, x.T @ (p - y) + penalty * w)
        w -= step
        if np.abs(step).max() < 1e-8:
            break
    return w


def predict(w: np.ndarray, x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x @ w[:-1] + w[-1], -30, 30)))


def calibration(p: np.ndarray, y: np.ndarray, n_bins: int = 8) -> list[dict[str, float]]:
    """Bins with as many positions each: what was promised, and what was so."""
    order = np.argsort(p)
    return [
        {
            "n": len(part),
            "promised": round(float(p[part].mean()), 4),
            "right": round(float(y[part].mean()), 4),
        }
        for part in np.array_split(order, n_bins)
    ]


def thresholds(p: np.ndarray, y: np.ndarray, begun: np.ndarray) -> list[dict[str, float]]:
    """What each setting would show; wrong is what does not even begin right."""
    rows = []
    for percent in range(0, 100, 10):
        shown = p >= percent / 100
        n = int(shown.sum())
        right = float(y[shown].mean()) if n else 0.0
        wrong = float(1 - begun[shown].mean()) if n else 0.0
        row = {"show_at_least_percent": percent, "shown": n, "right": round(right, 4)}
        rows.append({**row, "wrong": round(wrong, 4)})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("journal", type=Path)
    args = parser.parse_args()
    rows: list[dict[str, Any]] = [json.loads(line) for line in args.journal.open()]
    rows = [row for row in rows if row["features"] and row["kind"] != "inside"]
    names = list(rows[0]["features"])
    x = np.array([[row["features"][name] for name in names] for row in rows])
    y = np.array([float(is_right(row["shown"], row["truth"])) for row in rows])
    begun = np.array([useful(row["shown"], row["truth"]) > 0 for row in rows])
    owner = np.array([row["repository"] for row in rows])
    held_out = np.zeros(len(rows))
    for one in sorted(set(owner)):
        held_out[owner == one] = predict(fit(x[owner != one], y[owner != one]), x[owner == one])
    bins, shown = calibration(held_out, y), thresholds(held_out, y, begun)
    weights = fit(x[~np.isin(owner, REPLAYED)], y[~np.isin(owner, REPLAYED)])
    write_weights(names, weights, rows, y)
    for name, table in (("show_calibration", bins), ("show_thresholds", shown)):
        with (RESULTS / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
        for row in table:
            print(*row.items())
    error = sum(b["n"] * abs(b["promised"] - b["right"]) for b in bins) / len(rows)
    print(f"{len(rows)} suggestions, {y.mean():.1%} right, calibration error {error:.3f}")
    plot(bins, error)


def write_weights(names: list[str], w: np.ndarray, rows: list[dict[str, Any]], y: np.ndarray):
    document = tomlkit.document()
    document.add(tomlkit.comment("Fitted by benchmarks/show_hide.py; see slm_lsp/completion."))
    document["model"] = rows[0]["model"]
    document["suggestions"] = len(rows)
    document["right"] = round(float(y.mean()), 4)
    document["bias"] = round(float(w[-1]), 5)
    document["weights"] = {
        name: round(float(value), 5) for name, value in zip(names, w, strict=False)
    }
    WEIGHTS.write_text(tomlkit.dumps(document), "utf-8")


def plot(bins: list[dict[str, float]], error: float) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(4.5, 4.5))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.plot([b["promised"] for b in bins], [b["right"] for b in bins], "o-")
    axes.set_xlabel("promised")
    axes.set_ylabel("right")
    axes.set_title(f"Repositories not fitted on; mean error {error:.3f}")
    figure.tight_layout()
    figure.savefig(RESULTS / "show_calibration.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
