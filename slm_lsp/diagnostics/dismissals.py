"""What this user said was no bug: remembered on this machine, without any source text.

A finding is known by a hash of the function it stands in and of the place within it, so that it
stays dismissed when the file moves and comes back when the function changes. A rule that is
dismissed too often turns itself off here (Tricorder puts an analysis on probation at the same
share).
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from slm_lsp.memory_file import keep

# "Dismissed in more than a tenth of at least ten showings" turns a rule off on this machine.
MIN_SHOWN = 10
MAX_DISMISSED_SHARE = 0.1
MAX_REMEMBERED = 20_000
# Findings of this session that were counted as shown.
MAX_SEEN = 5_000


@dataclass
class Dismissals:
    """Fingerprints of dismissed findings, and per rule how often it was shown and dismissed."""

    path: Path | None = None
    fingerprints: dict[str, str] = field(default_factory=dict)  # fingerprint → rule
    shown: dict[str, int] = field(default_factory=dict)
    dismissed: dict[str, int] = field(default_factory=dict)
    off: set[str] = field(default_factory=set)  # rules that the user turned off
    _seen: dict[str, None] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Dismissals":
        """Read what is remembered; an unreadable file counts as empty and is replaced."""
        try:
            stored = json.loads(path.read_text("utf-8"))
            return cls(
                path,
                {str(key): str(rule) for key, rule in stored["fingerprints"].items()},
                {str(rule): int(n) for rule, n in stored["shown"].items()},
                {str(rule): int(n) for rule, n in stored["dismissed"].items()},
                {str(rule) for rule in stored.get("off", ())},
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(path)

    def count_shown(self, fingerprint: str, rule: str) -> None:
        """Count a finding once a session, however often it is drawn again."""
        if fingerprint not in self._seen:
            self._seen[fingerprint] = None
            if len(self._seen) > MAX_SEEN:
                del self._seen[next(iter(self._seen))]
            self.shown[rule] = self.shown.get(rule, 0) + 1

    def dismiss(self, fingerprint: str, rule: str) -> None:
        if fingerprint not in self.fingerprints:
            self.fingerprints[fingerprint] = rule
            self.dismissed[rule] = self.dismissed.get(rule, 0) + 1
        while len(self.fingerprints) > MAX_REMEMBERED:
            self.fingerprints.pop(next(iter(self.fingerprints)))
        self.save()

    def is_dismissed(self, fingerprint: str) -> bool:
        return fingerprint in self.fingerprints

    def turned_off(self, rule: str) -> bool:
        """True when the user turned this rule off, or it was wrong too often on this machine."""
        if rule in self.off:
            return True
        shown = self.shown.get(rule, 0)
        return shown >= MIN_SHOWN and self.dismissed.get(rule, 0) > MAX_DISMISSED_SHARE * shown

    def turn_off(self, rule: str, *, on: bool = False) -> None:
        """Turn a rule off; `on` brings it back and forgets what was counted against it."""
        if on:
            self.off.discard(rule)
            self.shown.pop(rule, None)
            self.dismissed.pop(rule, None)
        else:
            self.off.add(rule)
        self.save()

    def save(self) -> None:
        """Write atomically; a full or read-only disk costs the memory, not the session."""
        if self.path is None:
            return
        stored = {
            "fingerprints": self.fingerprints,
            "shown": self.shown,
            "dismissed": self.dismissed,
            "off": sorted(self.off),
        }
        keep(self.path, stored)


def fingerprint(rule: str, unit: str, start_in_unit: int) -> str:
    """A hash of the rule, the function's text without its spacing, and the place within it."""
    code = " ".join(unit.split())
    place = len("".join(unit[:start_in_unit].split()))
    return hashlib.sha256(f"{rule}\0{place}\0{code}".encode("utf-8", "replace")).hexdigest()[:32]
