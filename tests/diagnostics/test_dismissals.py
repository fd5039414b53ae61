from pathlib import Path

import pytest

from slm_lsp.diagnostics.dismissals import Dismissals, fingerprint


def test_remembered_over_restarts_without_source_text(tmp_path: Path) -> None:
    path = tmp_path / "state" / "dismissals.json"
    mark = fingerprint("misspelt-name", "def secret_function(): return valeu", 30)
    Dismissals(path).dismiss(mark, "misspelt-name")
    assert Dismissals.load(path).is_dismissed(mark)
    assert "secret_function" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_a_rule_that_is_dismissed_too_often_turns_itself_off() -> None:
    memory = Dismissals()
    for n in range(10):
        memory.count_shown(f"mark {n}", "rule")
    memory.dismiss("mark 1", "rule")
    assert not memory.turned_off("rule")  # one in ten is not more than a tenth
    memory.dismiss("mark 2", "rule")
    assert memory.turned_off("rule")
    memory.turn_off("rule", on=True)
    assert not memory.turned_off("rule")


def test_the_place_counts_and_the_spacing_does_not() -> None:
    one = fingerprint("r", "def f():\n    return a", 20)
    assert one == fingerprint("r", "def f():\n        return a", 24)
    assert one != fingerprint("r", "def f():\n    return a", 4)
    assert one != fingerprint("r", "def f():\n    return b", 20)


@pytest.mark.parametrize("content", ["", "[]", '{"fingerprints": 3}', "\xff"])
def test_a_broken_file_counts_as_empty(tmp_path: Path, content: str) -> None:
    path = tmp_path / "dismissals.json"
    path.write_text(content, "latin-1")
    memory = Dismissals.load(path)
    assert not memory.fingerprints
    memory.dismiss("m", "r")
    assert Dismissals.load(path).is_dismissed("m")


def test_a_disk_that_refuses_costs_the_memory_not_the_session(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    memory = Dismissals(blocked / "dismissals.json")
    memory.dismiss("m", "r")
    assert memory.is_dismissed("m")
