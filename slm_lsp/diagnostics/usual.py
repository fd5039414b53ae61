"""How tokens usually follow each other in a language, by their kinds: what is known of a file that
says little of itself. Counted by `benchmarks/habits.py`.
"""

import json
from collections import Counter
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("usual.json")
Trigram = tuple[str, str, str]
# Counts are kept as so many in a million.
SCALE = 1_000_000
TRUST = 20.0
N_KINDS = 60


class Usual:
    """The kinds of tokens of one language, three at a time."""

    def __init__(self, counts: dict[Trigram, int]) -> None:
        self._three = counts
        self._two: Counter[tuple[str, str]] = Counter()
        self._starts: Counter[tuple[str, str]] = Counter()
        self._one: Counter[str] = Counter()
        self._n = sum(counts.values())
        for (a, b, c), n in counts.items():
            self._starts[a, b] += n
            self._two[b, c] += n
            self._one[c] += n

    def p(self, a: str, b: str, c: str) -> float:
        """How often `c` follows `a` and `b`."""
        p = (self._one[c] + 1.0) / (self._n + N_KINDS)
        p = (self._two[b, c] + TRUST * p) / (self._one[b] + TRUST)
        return (self._three.get((a, b, c), 0) + TRUST * p) / (self._starts[a, b] + TRUST)


@cache
def usual(language: str) -> Usual:
    """What is known of a language; of one that was not counted, nothing."""
    table = json.loads(TABLE.read_text("utf-8")).get(_NAMES.get(language, language), {})
    found: dict[Trigram, int] = {}
    for first, seconds in table.items():
        for second, thirds in seconds.items():
            found.update({(first, second, third): n for third, n in thirds.items()})
    return Usual(found)


def save(counts: dict[str, Counter[Trigram]]) -> None:
    """Write the table, by the first, the second and the third kind."""
    table: dict[str, dict[str, dict[str, dict[str, int]]]] = {}
    for language, count in counts.items():
        total = count.total()
        for (a, b, c), n in sorted(count.items()):
            places = table.setdefault(language, {}).setdefault(a, {}).setdefault(b, {})
            places[c] = max(1, round(SCALE * n / total))
    lines = (f"{json.dumps(one)}:{json.dumps(table[one], separators=(',', ':'))}" for one in table)
    TABLE.write_text("{" + ",\n".join(lines) + "}\n", "utf-8")


_NAMES = {"tsx": "typescript"}
