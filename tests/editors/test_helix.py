"""Helix, with the lines that editors/README.md says to paste."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editors.harness.evidence import Evidence
from tests.editors.harness.installed import editor
from tests.editors.harness.places import Place
from tests.editors.harness.terminal import Terminal, pasted
from tests.editors.harness.waiting import until

BROKEN = "def area(w, h):\n    return (w * h\n\n\nprint(area(2, 3))\n"


@pytest.fixture
def helix(home: Path, workspace: Path, place: Place, evidence: Evidence) -> Iterator[Terminal]:
    """Helix at the end of the place's text, in insert mode, with a server that is ready."""
    binary = editor("helix")
    settings = home / "config" / "helix" / "languages.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(pasted("Helix", "toml"))
    (workspace / "settings.py").write_text(place.text)
    terminal = Terminal([str(binary), "settings.py"], workspace, home, evidence.server_log)
    evidence.on_failure(terminal.dump)
    terminal.wait_for_the_server()
    terminal.keys("g", "e", "A")
    terminal.shows("INS")
    yield terminal
    terminal.close()


def normal(helix: Terminal) -> None:
    """Escape and a key at once would be Alt and that key."""
    helix.keys("Escape")
    helix.shows(" NOR ")


def save(helix: Terminal, workspace: Path) -> str:
    normal(helix)
    helix.type(":w")
    helix.keys("Enter")
    helix.shows("written")
    return (workspace / "settings.py").read_text()


def item_of(helix: Terminal) -> str:
    """The popup's only item; Helix writes its kind behind it."""
    for row in helix.screen().splitlines():
        label, _, kind = row.strip().rpartition(" ")
        if kind in ("text", "function"):
            return label.strip()
    return ""


def test_a_suggestion_in_the_popup_is_taken(helix: Terminal, workspace: Path, place: Place) -> None:
    helix.type(place.key)
    helix.keys("C-x")
    label = until("an item", lambda: item_of(helix))
    helix.keys("C-n")
    helix.keys("Enter")
    helix.shows(place.line + label[:8])
    assert save(helix, workspace).startswith(place.text + place.key + label[:8])


def test_a_finding_and_its_fix(helix: Terminal, workspace: Path) -> None:
    (workspace / "broken.py").write_text(BROKEN)
    normal(helix)
    helix.type(":open broken.py")
    helix.keys("Enter")
    helix.shows("return (w * h")
    helix.shows("●")
    helix.type("]d")
    helix.type(" a")
    helix.shows("Insert `)`")
    helix.keys("Enter")
    helix.shows("return (w * h)")
