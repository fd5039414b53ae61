"""The values of this room: layers of options go in, settings and complaints come out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from slm_lsp.printable import clip
from slm_lsp.settings import Settings

KeyPath = tuple[str | int, ...]


class Source(StrEnum):
    """Where a value comes from, in order of precedence."""

    DEFAULT = "default"
    USER = "user"
    REPOSITORY = "repository"
    EDITOR = "editor"
    # What an editor keeps with a workspace, such as `.vscode/settings.json`: that often comes with
    # the repository.
    WORKSPACE = "workspace"

    @property
    def is_a_strangers(self) -> bool:
        """Whether anybody may have written it: untrusted input."""
        return self in (Source.REPOSITORY, Source.WORKSPACE)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file as editors and compilers print it: both count from 1."""

    line: int
    column: int


def nowhere(_: KeyPath, *, value: bool = False) -> Position | None:
    """The locator of layers that have no text, such as the editor's."""
    return None


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something that is wrong with a layer, for people; `str` of it is one line."""

    source: Source
    where: str  # a file, or "editor settings"
    message: str
    position: Position | None = None
    # Whether no model may serve because of it: it concerns what is pinned, or what is kept private.
    stops: bool = False

    def __str__(self) -> str:
        place = f":{self.position.line}:{self.position.column}" if self.position else ""
        return f"{self.where}{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Layer:
    """Options as somebody wrote or sent them."""

    source: Source
    where: str
    options: Mapping[str, Any]
    root: Path | None = None  # of the repository, for paths inside it
    # Finds a key, or its value, in the text of the layer.
    locate: Callable[..., Position | None] = nowhere
    complaints: tuple[Complaint, ...] = ()  # from reading the text

    def complain(
        self, path: KeyPath, message: str, *, value: bool = False, stops: bool = False
    ) -> Complaint:
        """A complaint about the key at `path`, or about its value."""
        position = self.locate(path, value=value)
        if position is None and path:
            message = f"{dotted(path)}: {message}"
        return Complaint(self.source, self.where, message, position, stops)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one setting got its value."""

    source: Source
    where: str
    position: Position | None = None

    def __str__(self) -> str:
        return f"{self.where}:{self.position.line}" if self.position else self.where


@dataclass(frozen=True, slots=True)
class Resolved:
    """What is true, what was wrong, and where each value came from."""

    settings: Settings
    complaints: tuple[Complaint, ...] = ()
    # By dotted key, such as "model.sha256"; what is not here is a default. A list that adds up
    # has several origins.
    origins: Mapping[str, tuple[Origin, ...]] = field(default_factory=dict)


def dotted(path: KeyPath) -> str:
    """`("privacy", "exclude", 0)` → `privacy.exclude[0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{clip(part)}" if text else clip(part)
    return text
