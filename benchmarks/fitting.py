"""Logistic regression in a few lines, and whether its promises hold."""

from pathlib import Path
from typing import Any

import numpy as np

from slm_lsp.completion.show import bent

RIDGE = 1.0


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


def bend(x: np.ndarray, y: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """How what weights promise is bent to what was so: a constant, and the factors of `bent`.

    Each group's own part is promised by weights of the others; "" is no group, and in all of them.
    """
    totals = np.zeros(len(y))
    named = groups != ""
    for one in set(groups[named]):
        w = fit(x[groups != one], y[groups != one])
        totals[groups == one] = x[groups == one] @ w[:-1] + w[-1]
    *factors, constant = fit(np.array([bent(total) for total in totals[named]]), y[named])
    # Whatever has more that speaks for it is promised no less.
    slopes = np.maximum(0, np.cumsum(factors))
    return np.array([constant, *np.diff(slopes, prepend=0)])


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


def plot(bins: list[dict[str, Any]], error: float, path: Path) -> None:
    """One line for each source."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(4.5, 4.5))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for source in dict.fromkeys(b["source"] for b in bins):
        part = [b for b in bins if b["source"] == source]
        axes.plot([b["promised"] for b in part], [b["right"] for b in part], "o-", label=source)
    axes.legend()
    axes.set_xlabel("promised")
    axes.set_ylabel("right")
    axes.set_title(f"Repositories not fitted on; mean error {error:.3f}")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
