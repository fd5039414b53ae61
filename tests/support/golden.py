"""Golden cases: what was seen, and what must come of it, as TOML that people can read.

A file holds one class of complaint, a case for each shape in which it was seen:

    complaint = "brackets are doubled"
    seen_in = "…"

    [[case]]
    name = "…"
    path = "calc.py"
    text = "area = mul(├w, h)┤)"      # the model's own answer, where the cursor stood
    expected = "area = mul(├w, h)┤"   # the file as it would be; "" when nothing is shown
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """One case; `fields` are its file's keys, overridden by its own."""

    file: Path
    index: int
    fields: dict[str, Any] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.file.stem}: {self.fields['name']}"

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def get(self, name: str, default: Any) -> Any:
        return self.fields.get(name, default)

    def compare(self, got: str, update: bool = False) -> None:
        """`got` is what is expected; with --update-golden it becomes so."""
        if update and got != self["expected"]:
            document = tomlkit.parse(self.file.read_text("utf-8"))
            document["case"][self.index]["expected"] = got  # pyright: ignore
            self.file.write_text(tomlkit.dumps(document), "utf-8")
            return
        assert got == self["expected"], f"{self.file.name}, {self['name']}"


def golden_cases(folder: Path) -> Iterator[GoldenCase]:
    """All cases of all files under `folder`."""
    for file in sorted(folder.rglob("*.toml")):
        read = tomllib.loads(file.read_text("utf-8"))
        common = {key: value for key, value in read.items() if key != "case"}
        for index, case in enumerate(read["case"]):
            yield GoldenCase(file, index, {**common, **case})
