"""Whether the machine runs on its battery. Linux tells; elsewhere nobody does: then it does not."""

import time
from collections.abc import Callable
from pathlib import Path

SUPPLIES = Path("/sys/class/power_supply")
# A plug is pulled seldom, and looking costs some file reads.
LOOK_EVERY_S = 15.0


class Battery:
    """The machine's battery, looked at now and then."""

    def __init__(
        self, supplies: Path = SUPPLIES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._supplies = supplies
        self._clock = clock
        self._looked_at = float("-inf")
        self._discharging = False

    def discharging(self) -> bool:
        """True while the machine lives on its battery."""
        now = self._clock()
        if now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            self._discharging = on_battery(self._supplies)
        return self._discharging


def on_battery(supplies: Path = SUPPLIES) -> bool:
    """A battery of the machine itself discharges, and nothing else feeds it.

    Mice and headsets have batteries, too; theirs have the scope "Device".
    """
    try:
        found = [_read(folder) for folder in supplies.iterdir()]
    except OSError:
        return False
    fed = any(kind != "Battery" and online == "1" for kind, online, _, _ in found)
    drained = any(
        kind == "Battery" and scope != "Device" and status == "Discharging"
        for kind, _, scope, status in found
    )
    return drained and not fed


def _read(supply: Path) -> tuple[str, ...]:
    return tuple(_line(supply / name) for name in ("type", "online", "scope", "status"))


def _line(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
