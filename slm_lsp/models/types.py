"""The values of this room."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AdapterFile:
    """A LoRA adapter whose content is known. `size` is in bytes."""

    path: Path
    sha256: str
    size: int
    scale: float


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file whose content is known: `sha256` is what the file holds, not what it should.

    `size` is in bytes.
    """

    path: Path
    sha256: str
    size: int
    name: str
    adapter: AdapterFile | None = None
