"""Draw the loss curves of one or more runs.

python -m training.plot OUT.png RUN/loss.csv [RUN/loss.csv …]
"""

import argparse
import csv
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

Curve = tuple[list[float], list[float]]


def read(path: Path, kind: str) -> Curve:
    """(millions of tokens, loss) of one kind of line of a run's record."""
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == kind]
    return [float(row["tokens"]) / 1e6 for row in rows], [float(row["loss"]) for row in rows]


def smooth(values: list[float], weight: float = 0.95) -> list[float]:
    """A running mean that starts unbiased."""
    total = count = 0.0
    result: list[float] = []
    for value in values:
        total, count = weight * total + value, weight * count + 1
        result.append(total / count)
    return result


def draw(out: Path, runs: list[Path]) -> None:
    figure, axes = plt.subplots(figsize=(8, 5))
    for run in runs:
        tokens, loss = read(run, "train")
        (line,) = axes.plot(tokens, smooth(loss), label=f"{run.parent.name}, training (smoothed)")
        tokens, loss = read(run, "validation")
        if tokens:
            label = f"{run.parent.name}, held-out files"
            axes.plot(tokens, loss, "o--", color=line.get_color(), label=label, markersize=4)
    axes.set_xlabel("million tokens")
    axes.set_ylabel("loss, nats per token")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(out, dpi=120)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("runs", type=Path, nargs="+")
    arguments = parser.parse_args(argv)
    draw(arguments.out, arguments.runs)


if __name__ == "__main__":
    main()
