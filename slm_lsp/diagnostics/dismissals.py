"""What this user said was no bug: remembered on this machine, without any source text.

A finding is known by a hash of the function it stands in and of the place within it, so that it
stays dismissed when the file moves and comes back when the function changes. A rule that is
dismissed too often turns itself off here (Tricorder puts an analysis on probation at the same
share).
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from slm_lsp.memory_file import keep
from slm_lsp.models.lock import briefly_locked

# "Dismissed in more than a tenth of at least ten showings" turns a rule off on this machine.
MIN_SHOWN = 10
MAX_DISMISSED_SHARE = 0.1
MAX_REMEMBERED = 20_000
# Findings of this session that were counted as shown.
MAX_SEEN = 5_000
# Changes that a disk without room may refuse until the oldest are lost.
MAX_UNSAVED = 5_000


@dataclass
class Memory:
    """Fingerprints of dismissed findings, and per rule how often it was shown and dismissed."""

    fingerprints: dict[str, str] = field(default_factory=dict[str, str])  # fingerprint → rule
    shown: dict[str, int] = field(default_factory=dict[str, int])
    dismissed: dict[str, int] = field(default_factory=dict[str, int])
    off: set[str] = field(default_factory=set[str])  # rules that the user turned off

    @classmethod
    def read(cls, path: Path) -> "Memory":
        """What is remembered; an unreadable file counts as empty and is replaced."""
        try:
            stored = json.loads(path.read_text("utf-8"))
            return cls(
                {str(key): str(rule) for key, rule in stored["fingerprints"].items()},
                {str(rule): int(n) for rule, n in stored["shown"].items()},
                {str(rule): int(n) for rule, n in stored["dismissed"].items()},
                {str(rule) for rule in stored.get("off", ())},
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def keep(self, path: Path) -> bool:
        stored = {
            "fingerprints": self.fingerprints,
            "shown": self.shown,
            "dismissed": self.dismissed,
            "off": sorted(self.off),
        }
        return keep(path, stored)

    def count_shown(self, rule: str) -> None:
        self.shown[rule] = self.shown.get(rule, 0) + 1

    def dismiss(self, fingerprint: str, rule: str) -> None:
        if fingerprint not in self.fingerprints:
            self.fingerprints[fingerprint] = rule
            self.dismissed[rule] = self.dismissed.get(rule, 0) + 1
        while len(self.fingerprints) > MAX_REMEMBERED:
            self.fingerprints.pop(next(iter(self.fingerprints)))

    def turn_off(self, rule: str) -> None:
        self.off.add(rule)

    def turn_on(self, rule: str) -> None:
        self.off.discard(rule)
        self.shown.pop(rule, None)
        self.dismissed.pop(rule, None)


@dataclass
class Dismissals:
    """What is remembered in `path`, and what this session has to add to it.

    Each window has a server of its own: what one of them remembers, the others leave there.
    """

    path: Path | None = None
    memory: Memory = field(default_factory=Memory)
    _unsaved: deque[Callable[[Memory], None]] = field(
        default_factory=lambda: deque(maxlen=MAX_UNSAVED)
    )
    _seen: dict[str, None] = field(default_factory=dict[str, None])

    @classmethod
    def load(cls, path: Path) -> "Dismissals":
        return cls(path, Memory.read(path))

    def count_shown(self, fingerprint: str, rule: str) -> None:
        """Count a finding once a session, however often it is drawn again."""
        if fingerprint not in self._seen:
            self._seen[fingerprint] = None
            if len(self._seen) > MAX_SEEN:
                del self._seen[next(iter(self._seen))]
            self._change(lambda memory: memory.count_shown(rule))

    def dismiss(self, fingerprint: str, rule: str) -> None:
        self._change(lambda memory: memory.dismiss(fingerprint, rule))
        self.save()

    def is_dismissed(self, fingerprint: str) -> bool:
        return fingerprint in self.memory.fingerprints

    def turned_off(self, rule: str) -> bool:
        """True when the user turned this rule off, or it was wrong too often on this machine."""
        if self.is_off(rule):
            return True
        shown = self.memory.shown.get(rule, 0)
        dismissed = self.memory.dismissed.get(rule, 0)
        return shown >= MIN_SHOWN and dismissed > MAX_DISMISSED_SHARE * shown

    def is_off(self, rule: str) -> bool:
        """True when the user turned this rule off."""
        return rule in self.memory.off

    def turn_off(self, rule: str, *, on: bool = False) -> None:
        """Turn a rule off; `on` brings it back and forgets what was counted against it."""
        self._change(lambda memory: memory.turn_on(rule) if on else memory.turn_off(rule))
        self.save()

    def save(self) -> None:
        """Add what is new to the file, as it is now. A full or read-only disk costs the memory,
        not the session."""
        if self.path is None or not self._unsaved:
            return
        with briefly_locked(self.path.with_suffix(".lock")):
            newest = Memory.read(self.path)
            for change in self._unsaved:
                change(newest)
            if newest.keep(self.path):
                self.memory = newest
                self._unsaved.clear()

    def _change(self, change: Callable[[Memory], None]) -> None:
        change(self.memory)
        self._unsaved.append(change)


def fingerprint(rule: str, unit: str, start_in_unit: int) -> str:
    """A hash of the rule, the function's text without its spacing, and the place within it."""
    code = " ".join(unit.split())
    place = len("".join(unit[:start_in_unit].split()))
    return hashlib.sha256(f"{rule}\0{place}\0{code}".encode("utf-8", "replace")).hexdigest()[:32]
