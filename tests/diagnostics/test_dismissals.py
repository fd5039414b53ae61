from pathlib import Path

import pytest

from slm_lsp.diagnostics.dismissals import Dismissals, fingerprint
from slm_lsp.models.lock import is_locked, locked


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
    assert not memory.memory.fingerprints
    memory.dismiss("m", "r")
    assert Dismissals.load(path).is_dismissed("m")


def test_a_disk_that_refuses_costs_the_memory_not_the_session(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    memory = Dismissals(blocked / "dismissals.json")
    memory.dismiss("m", "r")
    assert memory.is_dismissed("m")


def test_windows_forget_nothing_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "dismissals.json"
    one, two, three = (Dismissals.load(path) for _ in range(3))
    two.count_shown("shown", "rule")
    one.dismiss("mark", "rule")
    one.turn_off("other")
    two.save()  # as when its window is closed
    three.save()
    both = Dismissals.load(path)
    assert both.is_dismissed("mark") and both.is_off("other")
    assert (both.memory.shown, both.memory.dismissed) == ({"rule": 1}, {"rule": 1})
    assert two.is_dismissed("mark")
    two.save()
    assert Dismissals.load(path).memory == both.memory
    three.turn_off("other", on=True)
    one.dismiss("mark 2", "rule")
    assert not Dismissals.load(path).is_off("other")


def test_what_was_deleted_by_hand_stays_deleted(tmp_path: Path) -> None:
    path = tmp_path / "dismissals.json"
    memory = Dismissals.load(path)
    memory.dismiss("mark", "rule")
    path.unlink()
    memory.save()
    assert not path.exists()


def test_a_window_that_has_been_stopped_does_not_stop_the_others(tmp_path: Path) -> None:
    path = tmp_path / "dismissals.json"
    with locked(path.with_suffix(".lock")):
        Dismissals.load(path).dismiss("mark", "rule")
    assert Dismissals.load(path).is_dismissed("mark")


def test_nobody_else_writes_between_reading_and_writing(tmp_path: Path) -> None:
    path, held = tmp_path / "dismissals.json", list[bool]()
    memory = Dismissals.load(path)
    memory._change(lambda _: held.append(is_locked(path.with_suffix(".lock"))))
    memory.save()
    assert held == [False, True]
    assert not is_locked(path.with_suffix(".lock"))
