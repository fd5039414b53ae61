"""Results as CSV files."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows have the keys of the first one, which are the columns."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def renew_table(path: Path, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    """Put `rows` in place of those with the same `key`, and keep all others before them."""
    new = {tuple(str(row[one]) for one in key) for row in rows}
    others: list[Mapping[str, Any]] = []
    if path.exists():
        with path.open(newline="") as file:
            others = [
                row for row in csv.DictReader(file) if tuple(row[one] for one in key) not in new
            ]
    write_table(path, [*others, *rows])
