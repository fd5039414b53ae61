"""What this machine learns from what is taken and what is not: numbers, never text.

Counted a language: suggestions shown, of these accepted, characters taken, what was taken and
still there half a minute later, and the sum of the probabilities that they were shown with. Where
fewer are taken than was promised, or taken and removed again, the promises of that language are
lowered, and fewer are shown; where more, more. `slm-lsp stats` prints all of
it, and `--wipe` forgets it.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from slm_lsp.memory_file import keep
from slm_lsp.places import home

# So many shown suggestions weigh as much as the model's own word: early luck moves nothing.
PRIOR_SHOWN = 50.0
# People decline right suggestions, too, and a language must not fall silent for good.
LIMITS = (0.7, 1.3)
# Older counts lose weight, so that habits of last year do not decide.
MAX_WEIGHT = 2_000.0
MAX_DAYS = 60
FIELDS = ("shown", "accepted", "characters", "promised", "judged", "kept")
# Files of earlier versions lack them.
NEWER = ("judged", "kept")


@dataclass(slots=True)
class Counts:
    """Of one language, or of one day. `promised` sums the probabilities of what was shown.

    Of what was accepted, `judged` were looked at again after a while, and `kept` still stood there.
    """

    shown: float = 0
    accepted: float = 0
    characters: float = 0
    promised: float = 0
    judged: float = 0
    kept: float = 0

    def add(self, other: "Counts") -> None:
        for name in FIELDS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class Learning:
    """What is remembered in `path`, and what has happened since it was last written."""

    path: Path | None = None
    languages: dict[str, Counts] = field(default_factory=dict[str, Counts])
    days: dict[str, Counts] = field(default_factory=dict[str, Counts])
    _new: dict[str, Counts] = field(default_factory=dict[str, Counts])

    @classmethod
    def load(cls, path: Path | None = None) -> "Learning":
        """Read the file; one that cannot be read counts as empty and is replaced."""
        path = path or learning_file()
        languages, days = _read(path)
        return cls(path, languages, days)

    def trust(self, language: str | None) -> float:
        """By what a promised probability is multiplied in this language; 1 knows nothing."""
        counts = self.languages.get(language or "")
        if counts is None:
            return 1.0
        helped = counts.accepted - (counts.judged - counts.kept)
        ratio = (max(0.0, helped) + PRIOR_SHOWN) / (counts.promised + PRIOR_SHOWN)
        return min(LIMITS[1], max(LIMITS[0], ratio))

    def shown(self, language: str | None, probability: float) -> None:
        self._count(language, Counts(shown=1, promised=probability))

    def accepted(self, language: str | None, n_characters: int, *, first: bool) -> None:
        """Part of a suggestion was taken; `first` for the first part of it."""
        self._count(language, Counts(accepted=float(first), characters=n_characters))

    def judged(self, language: str | None, *, kept: bool) -> None:
        """Whether what was taken still stood there after a while."""
        self._count(language, Counts(judged=1, kept=float(kept)))

    def _count(self, language: str | None, counts: Counts) -> None:
        for kept in (self.languages, self._new):
            kept.setdefault(language or "", Counts()).add(counts)

    def save(self) -> None:
        """Add what is new to the file; other servers add theirs. A full disk costs the memory."""
        if self.path is None or not self._new:
            return
        languages, days = _read(self.path)
        today = days.setdefault(date.today().isoformat(), Counts())
        for language, counts in self._new.items():
            languages.setdefault(language, Counts()).add(counts)
            today.add(counts)
        for counts in languages.values():
            if counts.shown > MAX_WEIGHT:
                for name in FIELDS:
                    setattr(counts, name, getattr(counts, name) / 2)
        days = dict(sorted(days.items())[-MAX_DAYS:])
        stored = {
            "languages": {name: asdict(counts) for name, counts in languages.items()},
            "days": {day: asdict(counts) for day, counts in days.items()},
        }
        if keep(self.path, stored):
            self.languages, self.days, self._new = languages, days, {}


def learning_file() -> Path:
    return home() / "learning.json"


def _read(path: Path) -> tuple[dict[str, Counts], dict[str, Counts]]:
    try:
        stored = json.loads(path.read_text("utf-8"))
        return _counts(stored["languages"]), _counts(stored["days"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, {}


def _counts(stored: dict[str, dict[str, float]]) -> dict[str, Counts]:
    found: dict[str, Counts] = {}
    for key, value in stored.items():
        complete = {**dict.fromkeys(NEWER, 0.0), **value}
        found[str(key)] = Counts(*(max(0.0, float(complete[name])) for name in FIELDS))
    return found
