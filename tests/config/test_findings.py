"""Squiggles and completion in `slm-lsp.toml`. `├…┤` marks what must be found."""

from pathlib import Path

import pytest

from slm_lsp.config.complete import proposals
from slm_lsp.config.findings import settings_findings
from slm_lsp.diagnostics.types import Severity


@pytest.mark.parametrize(
    ("marked", "said", "fix", "severity"),
    [
        ("[completion]\n├max_line_tokns┤ = 3\n", "max_line_tokens", "max_line_tokens", 2),
        ("├[┤completion\n", "Not valid TOML", None, 1),
        ("[completion]\nn_candidates = ├9┤\n", "a whole number from 1 to 3", None, 2),
        ("[model]\nname = 'x'\n├sha256┤ = '" + "0" * 64 + "'\n", "not on this machine", None, 2),
        ("[model]\nsize = ├true┤\n", "a whole number", None, 1),
    ],
)
def test_what_is_wrong_is_found_where_it_stands(
    tmp_path: Path, marked: str, said: str, fix: str | None, severity: int
) -> None:
    start, end = marked.index("├"), marked.index("┤") - 1
    text = marked.replace("├", "").replace("┤", "")
    found = settings_findings(text, tmp_path)
    assert [said in one.message for one in found] == [True], [one.message for one in found]
    [one] = found
    if "TOML" not in said:
        assert (one.start, one.end) == (start, end)
    assert one.severity == Severity(severity) and one.message.endswith(".")
    assert [f.edit.new_text for f in one.fixes] == ([fix] if fix else [])
    if fix:
        assert settings_findings(one.fixes[0].edit.apply(text), tmp_path) == []


@pytest.mark.parametrize("text", ["", "# é\n", "[completion]\nn_candidates = 2\n", "\ufeff"])
def test_what_is_right_is_left_alone(tmp_path: Path, text: str) -> None:
    assert settings_findings(text, tmp_path) == []


@pytest.mark.parametrize(
    ("marked", "label", "result"),
    [
        ("[comp█", "completion", "[completion"),
        ("[model.ad█", "model.adapter", "[model.adapter"),
        ("[completion]\nmax_l█", "max_line_tokens", "[completion]\nmax_line_tokens = "),
        ("[completion]\nenabled = █\n", "true", "[completion]\nenabled = true\n"),
        ("[completion]\nenabled = f█\n", "false", "[completion]\nenabled = false\n"),
        ("█", "[completion]", "[completion]\n"),
        ("[diagnostics]\r\n█", "hints", "[diagnostics]\r\nhints = "),
    ],
)
def test_completion(marked: str, label: str, result: str) -> None:
    offset = marked.index("█")
    text = marked.replace("█", "")
    [one] = [one for one in proposals(text, offset) if one.label == label]
    assert text[: offset - one.n_typed] + one.text + text[offset:] == result
    assert one.says and one.detail


@pytest.mark.parametrize(
    ("marked", "absent"),
    [
        ("[completion]\nenabled = true\n█", "enabled"),
        ("[nowhere]\n█", "enabled"),
        ("[completion]\nenabled = true █", "true"),
        ("# [comp█", "completion"),
    ],
)
def test_what_is_not_proposed(marked: str, absent: str) -> None:
    found = proposals(marked.replace("█", ""), marked.index("█"))
    assert absent not in [one.label for one in found]
