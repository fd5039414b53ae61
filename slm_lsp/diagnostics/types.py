"""Findings and fixes as plain values. Offsets are code points into the checked text."""

from dataclasses import dataclass
from enum import IntEnum

# Past this many characters a check could be felt; the file gets no diagnostics.
MAX_CHECKED = 1_000_000


class Severity(IntEnum):
    """The four levels of LSP, by its numbers. Nothing a model found is ever an ERROR."""

    ERROR = 1
    WARNING = 2
    INFORMATION = 3
    HINT = 4


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `text[start:end]` by `new_text`."""

    start: int
    end: int
    new_text: str

    def apply(self, text: str) -> str:
        return text[: self.start] + self.new_text + text[self.end :]


@dataclass(frozen=True, slots=True)
class Fix:
    """One quick fix: a title for the menu and the edit that it makes."""

    title: str
    edit: Edit
    preferred: bool = False


@dataclass(frozen=True, slots=True)
class Related:
    """Where the evidence stands in the same document, and what it says."""

    start: int
    end: int
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth a squiggle, with the fixes that were checked for it."""

    rule: str
    start: int
    end: int
    message: str
    severity: Severity
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()
    # By what a dismissal remembers it; "" for syntax errors, which cannot be dismissed.
    fingerprint: str = ""
