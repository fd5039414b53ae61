"""A FIM template: the layout a model was trained on. Published templates are never edited."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class FimTemplate:
    """The markers of one family of models and the order it likes its parts in.

    `prefix`, `suffix`, `middle` are markers, each one token. `file_separator` and `repository`
    are markers too, "" where the family has none; then other files are told by comment lines.
    """

    name: str
    order: str  # "spm": suffix, prefix, middle; "psm": prefix, suffix, middle
    prefix: str
    suffix: str
    middle: str
    end: tuple[str, ...]
    file_separator: str = ""
    repository: str = ""
    pad: str = ""
    # What the model needs before everything else, such as a BOS marker; "" for most.
    begin: str = ""

    @property
    def markers(self) -> tuple[str, ...]:
        """Every marker that the layout uses."""
        used = (
            self.begin,
            self.prefix,
            self.suffix,
            self.middle,
            self.file_separator,
            self.repository,
            self.pad,
            *self.end,
        )
        return tuple(dict.fromkeys(marker for marker in used if marker))

    @property
    def stop(self) -> tuple[str, ...]:
        """Generation ends at any marker: a section that the model opens is not for the user."""
        return self.markers


@cache
def templates() -> dict[str, FimTemplate]:
    """All published templates by name."""
    folder = resources.files("slm_prompts") / "templates"
    found = [
        _read(tomllib.loads(file.read_text("utf-8")))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    ]
    return {template.name: template for template in sorted(found, key=lambda one: one.name)}


def _read(table: dict[str, Any]) -> FimTemplate:
    markers = table["markers"]
    return FimTemplate(
        name=table["name"],
        order=table["order"],
        prefix=markers["prefix"],
        suffix=markers["suffix"],
        middle=markers.get("middle", ""),
        end=tuple(markers["end"]),
        file_separator=markers.get("file_separator", ""),
        repository=markers.get("repository", ""),
        pad=markers.get("pad", ""),
        begin=markers.get("begin", ""),
    )
