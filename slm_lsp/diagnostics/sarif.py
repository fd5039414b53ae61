"""Findings as SARIF 2.1.0, the form in which code-scanning services take them.

What it says of a rule is the rule's page, without what only holds in an editor.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from slm_lsp import __version__
from slm_lsp.diagnostics.output import FileFinding, Region
from slm_lsp.diagnostics.types import Severity

PAGES = Path(__file__).with_name("pages")
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "note",
    Severity.HINT: "note",
}
# Paragraphs of a page that say nothing to the reader of a report.
LEFT_OUT = ("**In an editor.**", "False alarms and recall")
# Services put the root of their checkout for it.
ROOT = "%SRCROOT%"


def as_sarif(found: Sequence[FileFinding], root: Path) -> str:
    """Places in files below `root` are relative to it, wherever the command was called."""
    rules = sorted({one.finding.rule for one in found})
    run = {
        "tool": {
            "driver": {
                "name": "slm-lsp",
                "version": __version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [_result(one, rules, _artifact(one.path, root)) for one in found],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


def _rule(rule: str) -> dict[str, Any]:
    try:
        page = (PAGES / f"{rule}.md").read_text("utf-8")
    except OSError:
        return {"id": rule}
    title, *paragraphs = page.strip().split("\n\n")
    said = "\n\n".join(one for one in paragraphs if not one.startswith(LEFT_OUT))
    return {
        "id": rule,
        "shortDescription": {"text": title.lstrip("# ").split(" (`")[0]},
        "fullDescription": {"text": " ".join(paragraphs[0].split())},
        "help": {"text": said.replace("**", ""), "markdown": said},
    }


def _result(one: FileFinding, rules: list[str], artifact: dict[str, str]) -> dict[str, Any]:
    finding = one.finding
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [_location(artifact, one.region)],
    }
    related = zip(finding.related, one.related_regions, strict=True)
    if finding.related:
        result["relatedLocations"] = [
            {**_location(artifact, region), "message": {"text": evidence.message}}
            for evidence, region in related
        ]
    fixes = zip(finding.fixes, one.fix_regions, strict=True)
    if finding.fixes:
        result["fixes"] = [
            _fix(artifact, fix.title, region, fix.edit.new_text) for fix, region in fixes
        ]
    if finding.fingerprint:
        result["partialFingerprints"] = {"slmLsp/v1": finding.fingerprint}
    return result


def _fix(artifact: dict[str, str], title: str, region: Region, new_text: str) -> dict[str, Any]:
    replacement = {"deletedRegion": _region(region), "insertedContent": {"text": new_text}}
    change = {"artifactLocation": artifact, "replacements": [replacement]}
    return {"description": {"text": title}, "artifactChanges": [change]}


def _location(artifact: dict[str, str], region: Region) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": artifact, "region": _region(region)}}


def _region(region: Region) -> dict[str, int]:
    return {
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    }


def _artifact(path: str, root: Path) -> dict[str, str]:
    absolute = Path(os.path.abspath(path))
    if not absolute.is_relative_to(root):
        return {"uri": absolute.as_uri()}
    return {"uri": quote(os.fsencode(absolute.relative_to(root).as_posix())), "uriBaseId": ROOT}
