"""Findings for people and programs; for code-scanning services see `sarif`."""

import json
import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from slm_context.cursor import LINE_END, line_starts

from slm_lsp.diagnostics.types import Finding
from slm_lsp.documents import encodable


class Region(NamedTuple):
    """Part of a text; all count from 1, columns in code points, and the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class FileFinding:
    """A finding in a file."""

    path: str
    region: Region
    source: str  # the text of its first line
    finding: Finding
    fix_regions: tuple[Region, ...]  # what each fix replaces
    related_regions: tuple[Region, ...]

    @classmethod
    def of(cls, path: str, text: str, finding: Finding) -> "FileFinding":
        starts = line_starts(text)

        def region(start: int, end: int) -> Region:
            return Region(*_place(starts, start), *_place(starts, end))

        where = region(finding.start, finding.end)
        start = starts[where.line - 1]
        return cls(
            path,
            where,
            LINE_END.split(text[start : start + 500])[0],
            finding,
            tuple(region(fix.edit.start, fix.edit.end) for fix in finding.fixes),
            tuple(region(one.start, one.end) for one in finding.related),
        )


def as_text(found: Sequence[FileFinding]) -> str:
    """One line a finding as compilers print them, and its fix below."""
    lines: list[str] = []
    for one in found:
        finding = one.finding
        lines.append(
            f"{one.path}:{one.region.line}:{one.region.column}: "
            f"{finding.severity.name.lower()}: {finding.message} [{finding.rule}]"
        )
        lines += [f"    {one.source.strip()}"]
        lines += [f"    fix: {fix.title}" for fix in finding.fixes]
    return "".join(f"{line}\n" for line in lines)


def as_json(found: Sequence[FileFinding]) -> str:
    return json.dumps([_json_of(one) for one in found], indent=1, ensure_ascii=False) + "\n"


def _place(starts: list[int], offset: int) -> tuple[int, int]:
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


def _json_of(one: FileFinding) -> dict[str, Any]:
    return {
        "path": encodable(one.path),
        # Names any file, also one whose name is not UTF-8.
        "uri": Path(os.path.abspath(one.path)).as_uri(),
        **one.region._asdict(),
        "severity": one.finding.severity.name.lower(),
        "rule": one.finding.rule,
        "message": one.finding.message,
        "fixes": [
            {"title": fix.title, **region._asdict(), "new_text": fix.edit.new_text}
            for fix, region in zip(one.finding.fixes, one.fix_regions, strict=True)
        ],
    }
