"""The person of the replay: what they take of a suggestion, and what it costs them to look.

Oracle P takes the longest right beginning in whole tokens, if it is 5 characters or the rest of
the line, at the price of one key a word or one for all of it. E takes whole lines only. Wrongly
shown is what does not begin right; *right to its end* is what could be taken as it stands. Who
types along a suggestion and pauses sees its rest again: that is counted apart, since nothing new is
there to read.
"""

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import TypeVar

from slm_lsp.completion.show import SECONDS_A_KEY, SECONDS_A_LOOK, SECONDS_A_MISTAKE

TOKEN = re.compile(r"\w+|[^\w\s]|\s+")
# What accepting a word costs is a key: shorter gains are none (research notes, oracle P).
WORTH_ACCEPTING = 5
T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person makes of one suggestion. Lengths in characters."""

    right: int  # so much of its beginning
    taken: int
    saved: int  # keys
    saved_strict: int  # keys, by who takes whole lines only
    to_its_end: bool

    @property
    def is_worth_it(self) -> bool:
        return self.saved * SECONDS_A_KEY > SECONDS_A_LOOK


def judge(shown: str, truth: str) -> Judgement:
    """`truth` is what the line goes on with; of a suggestion of several lines the first counts."""
    first = shown.partition("\n")[0]
    right = useful(first, truth)
    whole_line = first.rstrip() == truth.rstrip()
    taken = right if right >= WORTH_ACCEPTING or 0 < len(truth.rstrip()) <= right else 0
    words = sum(match.group().strip() != "" for match in TOKEN.finditer(first[:taken]))
    saved = max(0, taken - (1 if taken == len(first) else words))
    strict = len(truth) - 1 if whole_line else 0
    return Judgement(right, taken, saved, strict, 0 < len(first.rstrip()) <= right)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is on the screen, behind the first `column` characters of a line."""

    column: int
    text: str

    def rest(self, line: str) -> str:
        """What is left of it when so much of the line is typed; "" when something else was."""
        typed = line[self.column :]
        return self.text[len(typed) :] if self.text.startswith(typed) else ""


NOTHING = Seen(0, "")


@dataclass(slots=True)
class Tally:
    """What happened in one commit. Characters and lines are of the text that was added."""

    characters: int = 0
    lines: int = 0
    asked: int = 0
    shown: int = 0
    wrong: int = 0
    to_its_end: int = 0
    stale: int = 0
    saved: int = 0  # keys, oracle P
    saved_strict: int = 0  # keys, oracle E
    again: int = 0  # of the shown: the rest of what was on the screen already
    wrong_again: int = 0  # of these: what the person types next is something else

    @property
    def net_seconds(self) -> float:
        """A suggestion is read once."""
        return self._net(self.shown - self.again, self.wrong - self.wrong_again)

    @property
    def net_seconds_each_pause(self) -> float:
        """As if it were read anew at each pause of who types along it."""
        return self._net(self.shown, self.wrong)

    @property
    def wrong_percent(self) -> float:
        """Of the suggestions, those that did not begin right."""
        return 100 * (self.wrong - self.wrong_again) / max(1, self.shown - self.again)

    def _net(self, looks: int, mistakes: int) -> float:
        costs = SECONDS_A_LOOK * looks + SECONDS_A_MISTAKE * mistakes
        return SECONDS_A_KEY * self.saved - costs

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Tally)))

    def count(self, judgement: Judgement, again: bool = False) -> None:
        self.again += again
        self.wrong_again += again and judgement.right == 0
        self.shown += 1
        self.wrong += judgement.right == 0
        self.to_its_end += judgement.to_its_end
        self.saved += judgement.saved
        self.saved_strict += judgement.saved_strict


def saved_percent(one: Tally) -> float:
    return 100 * one.saved / max(1, one.characters)


def net_per_100_lines(one: Tally) -> float:
    return 100 * one.net_seconds / max(1, one.lines)


def net_each_pause_per_100_lines(one: Tally) -> float:
    return 100 * one.net_seconds_each_pause / max(1, one.lines)


def seconds_ahead(pairs: Iterable[tuple[Tally, Tally]]) -> float:
    """By how many net seconds a 100 lines the first of each pair is ahead of the second."""
    mine, other = (sum(side, Tally()) for side in zip(*pairs, strict=True))
    return net_per_100_lines(mine) - net_per_100_lines(other)


def interval(
    clusters: Iterable[list[T]], measure: Callable[[list[T]], float], n: int = 2000
) -> tuple[float, float]:
    """95 %, by a bootstrap in two stages: repositories are drawn, and of each its commits.

    Commits of one repository are alike; drawing them alone would promise too much.
    """
    rng = random.Random(0)
    groups = list(clusters)

    def once() -> float:
        drawn = rng.choices(groups, k=len(groups))
        return measure([one for group in drawn for one in rng.choices(group, k=len(group))])

    found = sorted(once() for _ in range(n))
    return found[int(0.025 * n)], found[int(0.975 * n)]
