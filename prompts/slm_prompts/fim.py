"""Prompts as segments, so that only our own markers are ever read as special tokens."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a segment of the prompt is."""

    MARKER = "marker"
    SNIPPET = "snippet"
    HEADER = "header"
    SUFFIX = "suffix"
    PREFIX = "prefix"


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of prompt text. Markers are special tokens; everything else is plain source."""

    text: str
    part: Part

    @property
    def special(self) -> bool:
        return self.part is Part.MARKER


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt: tokenise segment by segment, special tokens only where `special`."""

    template: str
    segments: tuple[Segment, ...]
    stop: tuple[str, ...]
