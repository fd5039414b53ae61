"""Completion inside a settings file: sections, keys with what they mean, and values."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from slm_lsp.config.check import expected
from slm_lsp.config.specs import Spec, specs_of
from slm_lsp.settings import Settings

HEADER = re.compile(r"^[ \t]*\[([\w.-]+)\]", re.M)
TYPED_HEADER = re.compile(r"^[ \t]*\[([\w.-]*)$")
TYPED_KEY = re.compile(r"^[ \t]*([\w-]*)$")
TYPED_VALUE = re.compile(r"^[ \t]*([\w-]+)[ \t]*=[ \t]*([\w\"'.-]*)$")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Replace the `n_typed` characters before the cursor by `text`."""

    label: str
    text: str
    n_typed: int
    detail: str
    says: str


def proposals(text: str, offset: int) -> list[Proposal]:
    """What can be written at `offset` of a settings file."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset].lstrip("\r")
    if match := TYPED_HEADER.match(line):
        return list(_sections(match[1]))
    table = _table_at(text, offset)
    specs = _specs(table)
    if match := TYPED_KEY.match(line):
        present = _keys_below(text, offset)
        return list(_keys(specs, match[1], present, top_level=not table))
    if match := TYPED_VALUE.match(line):
        spec = specs.get(match[1])
        return list(_values(spec, match[2])) if spec is not None and not spec.is_section else []
    return []


def _sections(typed: str) -> Iterator[Proposal]:
    for name, spec in _all_sections(specs_of(Settings), ""):
        if name.startswith(typed):
            yield Proposal(name, name, len(typed), "section", spec.says)


def _all_sections(specs: object, above: str) -> Iterator[tuple[str, Spec]]:
    assert isinstance(specs, dict)
    for key, spec in specs.items():
        if spec.is_section:
            yield f"{above}{key}", spec
            yield from _all_sections(specs_of(spec.kind), f"{above}{key}.")


def _keys(
    specs: dict[str, Spec], typed: str, present: set[str], *, top_level: bool
) -> Iterator[Proposal]:
    for key, spec in specs.items():
        if not key.startswith(typed) or key in present:
            continue
        if not spec.is_section:
            written = f"{key} = "
            yield Proposal(key, written, len(typed), expected(spec), spec.says)
        elif top_level:
            yield Proposal(f"[{key}]", f"[{key}]\n", len(typed), "section", spec.says)


def _values(spec: Spec, typed: str) -> Iterator[Proposal]:
    values = [True, False] if spec.kind is bool else [spec.default, *spec.rules.get("examples", ())]
    if spec.kind is tuple:
        values = [[one] for one in spec.rules.get("examples", ())]
    for value in values:
        written = json.dumps(value, ensure_ascii=False)
        if value is not None and written.startswith(typed):
            default = "default" if value == spec.default else expected(spec)
            yield Proposal(written, written, len(typed), default, spec.says)


def _table_at(text: str, offset: int) -> tuple[str, ...]:
    headers = [match for match in HEADER.finditer(text) if match.end() <= offset]
    return tuple(headers[-1][1].split(".")) if headers else ()


def _specs(table: tuple[str, ...]) -> dict[str, Spec]:
    specs = dict(specs_of(Settings))
    for part in table:
        spec = specs.get(part)
        if spec is None or not spec.is_section:
            return {}
        specs = dict(specs_of(spec.kind))
    return specs


def _keys_below(text: str, offset: int) -> set[str]:
    """The keys that the table around `offset` has on other lines."""
    line_start = text.rfind("\n", 0, offset) + 1
    headers = [match.span() for match in HEADER.finditer(text)]
    start = max((end for _, end in headers if end <= offset), default=0)
    end = min((begin for begin, _ in headers if begin >= offset), default=len(text))
    line_end = text.find("\n", offset)
    others = text[start:line_start] + text[line_end if line_end >= 0 else len(text) : end]
    return set(re.findall(r"^[ \t]*([\w-]+)[ \t]*=", others, re.M))
