"""What the retrievers hand over."""

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Which retriever found a snippet."""

    MEMBER = "member"
    PACKAGE = "package"
    DEFINITION = "definition"
    SIMILAR = "similar"
    RECENT_EDIT = "recent-edit"
    COUNTERPART = "counterpart"
    DIAGNOSTIC = "diagnostic"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of another place in the repository, chosen for the prompt.

    `score` is comparable within one bundle only; higher is better.
    """

    path: str
    text: str
    start_line: int
    origin: Origin
    score: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A candidate that was left out, and why."""

    snippet: Snippet
    reason: str


@dataclass(frozen=True, slots=True)
class ContextBundle:
    """The snippets for one prompt, in prompt order: the most useful one last, next to the code.

    `beside` are whole texts of files beside the document, to count in: no prompt holds them.
    """

    snippets: tuple[Snippet, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    elapsed_ms: float = 0.0
    complete: bool = True  # False when the deadline cut a retriever short
    beside: tuple[str, ...] = ()
