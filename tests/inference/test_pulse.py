"""How long the server waits for a process that says nothing, or nothing new."""

import pytest

from slm_lsp.inference.pulse import Limits, Pulse
from slm_lsp.inference.wire import Message, Pong, Progress

LIMITS = Limits(silence_s=10, hang_s=30, load_s=120)


def pongs(until_s: int, *, busy: bool, moving: bool) -> list[tuple[int, Message]]:
    """One a second."""
    return [(s, Pong(s, busy=busy, n_steps=s if moving else 7)) for s in range(1, until_s + 1)]


@pytest.mark.parametrize(
    "said, now, loading, reason",
    [
        ([], 9, False, None),
        ([], 11, False, "was silent for 11.0 s"),
        (pongs(50, busy=True, moving=True), 55, False, None),
        (pongs(50, busy=False, moving=False), 55, False, None),
        # The first pong is news, the other ones say the same again.
        (pongs(31, busy=True, moving=False), 31, False, None),
        (pongs(32, busy=True, moving=False), 32, False, "was stuck for 31.0 s"),
        ([], 119, True, None),
        ([(60, Progress(0.5))], 179, True, None),
        ([(60, Progress(0.5))], 181, True, "did not load"),
    ],
)
def test_how_long_it_is_waited_for(said, now, loading, reason):
    pulse = Pulse(LIMITS, 0)
    for at, message in said:
        pulse.heard(message, at)
    found = pulse.why_hung(now, loading=loading)
    assert found is None if reason is None else found is not None and reason in found


def test_a_rest_does_not_count():
    pulse = Pulse(LIMITS, 0)
    pulse.begin(1000)
    assert pulse.why_hung(1009, loading=False) is None
    assert pulse.why_hung(1011, loading=False) is not None
