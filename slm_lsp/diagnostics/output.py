"""Findings for people, programs and code-scanning services."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slm_context.cursor import LINE_END, line_starts

from slm_lsp import __version__
from slm_lsp.diagnostics.types import Finding, Severity

PAGES = Path(__file__).with_name("pages")
LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "note",
    Severity.HINT: "note",
}
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, slots=True)
class FileFinding:
    """A finding in a file; lines and columns count from 1, columns in code points."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    source: str  # the text of its first line
    finding: Finding
    # What each fix replaces: line and column, end line and end column.
    fix_places: tuple[tuple[int, int, int, int], ...] = ()

    @classmethod
    def of(cls, path: str, text: str, finding: Finding) -> "FileFinding":
        starts = line_starts(text)
        line, column = _place(starts, finding.start)
        source = LINE_END.split(text[starts[line - 1] : starts[line - 1] + 500])[0]
        places = tuple(
            (*_place(starts, fix.edit.start), *_place(starts, fix.edit.end))
            for fix in finding.fixes
        )
        return cls(path, line, column, *_place(starts, finding.end), source, finding, places)


def as_text(found: Sequence[FileFinding]) -> str:
    """One line a finding as compilers print them, and its fix below."""
    lines: list[str] = []
    for one in found:
        finding = one.finding
        lines.append(
            f"{one.path}:{one.line}:{one.column}: {finding.severity.name.lower()}: "
            f"{finding.message} [{finding.rule}]"
        )
        lines += [f"    {one.source.strip()}"]
        lines += [f"    fix: {fix.title}" for fix in finding.fixes]
    return "".join(f"{line}\n" for line in lines)


def as_json(found: Sequence[FileFinding]) -> str:
    return json.dumps([_json_of(one) for one in found], indent=1, ensure_ascii=False) + "\n"


def as_sarif(found: Sequence[FileFinding]) -> str:
    """SARIF 2.1.0, as code-scanning services take it."""
    rules = sorted({one.finding.rule for one in found})
    driver = {
        "name": "slm-lsp",
        "version": __version__,
        "rules": [
            {"id": rule, "shortDescription": {"text": _title(rule)}, "help": {"text": _page(rule)}}
            for rule in rules
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_of(one) for one in found],
    }
    log = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


FORMATS = {"text": as_text, "json": as_json, "sarif": as_sarif}


def _place(starts: list[int], offset: int) -> tuple[int, int]:
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


def _json_of(one: FileFinding) -> dict[str, Any]:
    return {
        "path": one.path,
        "line": one.line,
        "column": one.column,
        "end_line": one.end_line,
        "end_column": one.end_column,
        "severity": one.finding.severity.name.lower(),
        "rule": one.finding.rule,
        "message": one.finding.message,
        "fixes": [
            {
                "title": fix.title,
                **dict(zip(("line", "column", "end_line", "end_column"), place, strict=True)),
                "new_text": fix.edit.new_text,
            }
            for fix, place in zip(one.finding.fixes, one.fix_places, strict=True)
        ],
    }


def _sarif_of(one: FileFinding) -> dict[str, Any]:
    region = {
        "startLine": one.line,
        "startColumn": one.column,
        "endLine": one.end_line,
        "endColumn": one.end_column,
    }
    location = {"artifactLocation": {"uri": one.path}, "region": region}
    result: dict[str, Any] = {
        "ruleId": one.finding.rule,
        "level": LEVELS[one.finding.severity],
        "message": {"text": one.finding.message},
        "locations": [{"physicalLocation": location}],
    }
    if one.finding.fingerprint:
        result["partialFingerprints"] = {"slmLsp/v1": one.finding.fingerprint}
    return result


def _page(rule: str) -> str:
    try:
        return (PAGES / f"{rule}.md").read_text("utf-8")
    except OSError:
        return rule


def _title(rule: str) -> str:
    return _page(rule).split("\n", 1)[0].lstrip("# ")
