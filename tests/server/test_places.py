"""Where things lie, on machines that are not what one is used to."""

import pwd
from pathlib import Path

import pytest

from slm_lsp.places import cache_folder, home, in_full, shared_homes, user_config_file
from slm_lsp.workspace.read_all import is_project


def test_a_folder_named_from_here_is_the_same_one_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLM_LSP_HOME", "kept")
    monkeypatch.setenv("SLM_LSP_SHARED", "team")
    monkeypatch.setenv("SLM_LSP_CONFIG", "own.toml")
    assert (home(), cache_folder()) == (tmp_path / "kept", tmp_path / "kept" / "cache")
    assert (shared_homes(), user_config_file()) == ((tmp_path / "team",), tmp_path / "own.toml")


def test_the_home_of_nobody_is_a_name_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLM_LSP_HOME", "~nobody-of-this-name/x")
    assert home() == tmp_path / "~nobody-of-this-name" / "x"
    assert in_full("~nobody-of-this-name/m.gguf").is_absolute()


def test_a_person_without_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(number: int) -> pwd.struct_passwd:
        raise KeyError(number)

    # As in a container that is run under a number that it has no account for.
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "SLM_LSP_HOME", "SLM_LSP_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    for place in (home(), cache_folder(), user_config_file()):
        assert place.is_absolute() and not place.exists()
    assert is_project(tmp_path)
