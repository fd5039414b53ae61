"""When two names could be taken for each other."""

import re

SUBWORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def edit_distance(a: str, b: str, limit: int = 2) -> int:
    """How many slips (insert, delete, substitute, transpose) apart; above `limit`, limit + 1.

    The "optimal string alignment" form of Damerau's distance.
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, char_a in enumerate(a, 1):
        row = [i]
        for j, char_b in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (char_a != char_b))
            if i > 1 and j > 1 and char_a == b[j - 2] and a[i - 2] == char_b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return min(last[-1], limit + 1)


def subwords(name: str) -> list[str]:
    """`"maxHTTPSize_2"` → `["max", "http", "size", "2"]`."""
    return [word.lower() for word in SUBWORD.findall(name)]


def misspelling_distance(typed: str, meant: str) -> int | None:
    """How far `typed` is from `meant` as a slip of the fingers; None when it is no slip."""
    if typed.startswith("_") != meant.startswith("_"):
        return None  # the underscore is a decision, not a slip
    # Short names are all alike: one edit turns `a` into `b`.
    limit = 0 if len(typed) < 3 else 1 if len(typed) < 6 else 2
    distance = edit_distance(typed, meant, limit)
    if distance <= limit:
        return distance
    if sorted(subwords(typed)) == sorted(subwords(meant)) and len(subwords(typed)) > 1:
        return 2  # `size_max` for `max_size`
    return None


def confusable(a: str, b: str) -> bool:
    """True when a reader may take one name for the other: one edit apart, or a shared subword."""
    if a == b:
        return False
    if edit_distance(a, b, 1) <= 1 and min(len(a), len(b)) > 1:
        return True
    shared = {word for word in subwords(a) if len(word) > 2} & set(subwords(b))
    return bool(shared)
