"""Whether the machine runs on its battery."""

from pathlib import Path

import pytest

from slm_lsp.power import LOOK_EVERY_S, Battery, on_battery

MAINS_ON = {"type": "Mains", "online": "1"}
MAINS_OFF = {"type": "Mains", "online": "0"}
DRAINED = {"type": "Battery", "scope": "System", "status": "Discharging"}
CHARGED = {"type": "Battery", "status": "Charging"}
MOUSE = {"type": "Battery", "scope": "Device", "status": "Discharging"}


def supplies(folder: Path, **named: dict[str, str]) -> Path:
    for name, files in named.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / name / file).write_text(f"{text}\n")
    return folder


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, False),
        ({"AC": MAINS_ON}, False),
        ({"AC": MAINS_OFF, "BAT0": DRAINED}, True),
        ({"BAT0": DRAINED}, True),
        ({"AC": MAINS_ON, "BAT0": CHARGED}, False),
        # A weak adapter: it is plugged in all the same.
        ({"ucsi": {"type": "USB", "online": "1"}, "BAT0": DRAINED}, False),
        ({"AC": MAINS_OFF, "BAT0": CHARGED, "BAT1": DRAINED}, True),
        ({"hidpp_battery_0": MOUSE}, False),
        ({"broken": {}}, False),
    ],
)
def test_on_battery(tmp_path: Path, named: dict[str, dict[str, str]], expected: bool) -> None:
    assert on_battery(supplies(tmp_path, **named)) is expected


def test_where_nobody_tells_it_is_not_on_battery(tmp_path: Path) -> None:
    assert not on_battery(tmp_path / "nothing here")


def test_a_plug_that_is_pulled_is_noticed_after_a_while(tmp_path: Path) -> None:
    now = [100.0]
    battery = Battery(supplies(tmp_path, AC=MAINS_ON, BAT0=DRAINED), lambda: now[0])
    assert not battery.discharging()
    supplies(tmp_path, AC=MAINS_OFF)
    now[0] += LOOK_EVERY_S / 2
    assert not battery.discharging()
    now[0] += LOOK_EVERY_S
    assert battery.discharging()
