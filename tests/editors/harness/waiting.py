"""Waiting for a real program to get somewhere: never for a time, always for a condition."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# CI has two busy cores. A test that passes never waits this long.
PATIENCE_S = 60.0


def until(what: str, probe: Callable[[], T], patience_s: float = PATIENCE_S) -> T:
    """The first true value of `probe`; an AssertionError names what never came."""
    end = time.monotonic() + patience_s
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"never came: {what} (last seen: {value!r})")
        time.sleep(0.02)
