"""What is learnt on this machine: numbers that add up, and no text."""

import json
import stat
from pathlib import Path

import pytest

from slm_lsp.cli import main
from slm_lsp.learning import LIMITS, Learning, learning_file


def taken(learning: Learning, n_shown: int, n_accepted: int, probability: float = 0.6) -> None:
    for n in range(n_shown):
        learning.shown("python", probability)
        if n < n_accepted:
            learning.accepted("python", 12, first=True)


def test_nothing_is_known_at_first() -> None:
    assert Learning.load().trust("python") == 1.0


def test_what_is_taken_as_promised_changes_nothing() -> None:
    learning = Learning()
    taken(learning, 500, 300)
    assert learning.trust("python") == pytest.approx(1.0)
    assert learning.trust("go") == 1.0


def test_what_is_declined_lowers_the_trust_slowly_and_never_to_nothing() -> None:
    learning, trusts = Learning(), []
    for _ in range(40):
        taken(learning, 10, 1)
        trusts.append(learning.trust("python"))
    assert trusts == sorted(trusts, reverse=True)
    assert trusts[0] > 0.9 and trusts[-1] == LIMITS[0]


def test_what_is_taken_more_often_raises_it() -> None:
    learning = Learning()
    taken(learning, 1000, 1000)
    assert learning.trust("python") == LIMITS[1]


def test_two_servers_add_up(tmp_path: Path) -> None:
    one, other = Learning.load(tmp_path / "l.json"), Learning.load(tmp_path / "l.json")
    taken(one, 3, 1)
    taken(other, 4, 2)
    one.save()
    other.save()
    one.save()
    counts = Learning.load(tmp_path / "l.json").languages["python"]
    assert (counts.shown, counts.accepted, counts.characters) == (7, 3, 36)


def test_the_file_holds_numbers_and_is_the_users_alone(tmp_path: Path) -> None:
    learning = Learning.load(tmp_path / "l.json")
    taken(learning, 3, 1)
    learning.save()
    stored = json.loads((tmp_path / "l.json").read_text())
    assert set(stored) == {"languages", "days"} and set(stored["languages"]) == {"python"}
    for counts in (*stored["languages"].values(), *stored["days"].values()):
        assert all(isinstance(value, int | float) for value in counts.values())
    assert stat.S_IMODE((tmp_path / "l.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "[]", '{"languages": 3}', '{"languages": {"a": {}}}', "\0"])
def test_a_file_that_cannot_be_read_counts_as_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "l.json").write_text(text)
    learning = Learning.load(tmp_path / "l.json")
    taken(learning, 1, 1)
    learning.save()
    assert Learning.load(tmp_path / "l.json").languages["python"].shown == 1


def test_stats_shows_and_wipes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats"]) == 0
    assert "Nothing has been suggested" in capsys.readouterr().out
    learning = Learning.load()
    taken(learning, 10, 4)
    learning.save()
    assert main(["stats"]) == 0
    out = capsys.readouterr().out
    assert "python" in out and "40%" in out and "48" in out
    assert "trust: how often" in out  # a column that nobody could guess
    assert main(["stats", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["languages"]["python"]["accepted"] == 4
    assert main(["stats", "--wipe"]) == 0
    assert capsys.readouterr().out == f"forgotten: {learning_file()}\n"
    assert not learning_file().exists()
    assert main(["stats", "--wipe"]) == 0
    assert "nothing to forget" in capsys.readouterr().out
    assert main(["stats", "--wipe"]) == 0


def test_stats_tells_how_much_stayed_and_reads_older_files(
    capsys: pytest.CaptureFixture[str],
) -> None:
    old = {"shown": 10, "accepted": 4, "characters": 48, "promised": 6.0}
    learning_file().parent.mkdir(parents=True, exist_ok=True)
    learning_file().write_text(json.dumps({"languages": {"python": old}, "days": {}}))
    learning = Learning.load()
    assert learning.languages["python"].accepted == 4
    for kept in (True, True, True, False):
        learning.judged("python", kept=kept)
    learning.save()
    assert main(["stats"]) == 0
    out = capsys.readouterr().out
    assert "kept" in out and "75%" in out
