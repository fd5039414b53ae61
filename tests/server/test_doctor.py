"""What `slm-lsp doctor` says of the folders that things are kept in."""

from pathlib import Path

import pytest

from slm_lsp.doctor import Verdict, folders


def test_folders_that_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLM_LSP_HOME", str(tmp_path / "home"))
    assert [check.verdict for check in folders()] == [Verdict.GOOD, Verdict.GOOD]


def test_a_file_in_place_of_a_folder_is_to_be_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To make it writable would help nobody."""
    (tmp_path / "home").write_text("")
    monkeypatch.setenv("SLM_LSP_HOME", str(tmp_path / "home"))
    for check in folders():
        assert check.verdict is Verdict.WARN
        assert check.cure.startswith("a file lies there: move it away") and "SLM" in check.cure
