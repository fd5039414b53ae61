"""When to ask, and what to do while nobody asks: time is an argument, and nobody sleeps."""

import asyncio

import pytest

from slm_lsp.completion.ahead import Ahead
from slm_lsp.completion.debounce import DELETING_MS, MAX_DELAY_MS, Debounce
from slm_lsp.errors import WorkerDied


def rhythm(interval_ms: float, answer_ms: float) -> Debounce:
    debounce = Debounce()
    for n in range(20):
        debounce.key(n * interval_ms)
        debounce.answered(answer_ms)
    return debounce


def test_a_fast_model_is_asked_at_once() -> None:
    assert rhythm(150, 40).delay_ms() == 0
    assert rhythm(150, 140).delay_ms() == 0
    assert Debounce().delay_ms() == 0


def test_a_fast_model_is_asked_at_once_however_quick_the_hand() -> None:
    assert rhythm(10, 30).delay_ms() == 0
    assert rhythm(10, 60).delay_ms() == pytest.approx(13)


def test_before_the_first_answer_nobody_waits() -> None:
    debounce = Debounce()
    for n in range(20):
        debounce.key(n * 10)
    assert debounce.delay_ms() == 0 < debounce.delay_ms(saving=True)
    debounce.answered(200)
    assert debounce.delay_ms() > 0


def test_a_slow_model_is_asked_at_a_pause() -> None:
    assert rhythm(100, 200).delay_ms() == pytest.approx(130)
    assert rhythm(150, 200).delay_ms() == pytest.approx(195)


def test_nobody_waits_longer_than_the_limit() -> None:
    assert rhythm(900, 5000).delay_ms() == MAX_DELAY_MS


def test_a_person_who_thinks_does_not_type_slowly() -> None:
    debounce = rhythm(100, 200)
    debounce.key(60_000)
    assert debounce.delay_ms() == pytest.approx(130)


def test_to_save_power_a_fast_model_is_asked_at_a_pause_too() -> None:
    assert rhythm(150, 40).delay_ms(saving=True) == pytest.approx(150)
    assert rhythm(150, 200).delay_ms(saving=True) == rhythm(150, 200).delay_ms()
    assert rhythm(900, 40).delay_ms(saving=True) == MAX_DELAY_MS


def test_a_person_who_deletes_is_left_alone() -> None:
    assert rhythm(150, 10).delay_ms(deleting=True) == DELETING_MS


def test_the_setting_counts_whatever_the_rhythm() -> None:
    assert rhythm(100, 500).delay_ms(chosen_ms=75) == 75
    assert rhythm(100, 500).delay_ms(deleting=True, chosen_ms=0) == 0


class Pause:
    """A sleep that ends when the test says so."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self.over.wait()


async def test_work_ahead_begins_after_a_pause() -> None:
    pause, done = Pause(), []

    async def work() -> None:
        done.append("work")

    ahead = Ahead(pause)
    ahead.plan(work)
    await asyncio.sleep(0)
    assert done == [] and pause.asked
    pause.over.set()
    await ahead.done()
    assert done == ["work"]


async def test_what_is_planned_last_counts_and_a_key_drops_it() -> None:
    pause, done = Pause(), []

    def work(name: str):
        async def run() -> None:
            done.append(name)

        return run

    ahead = Ahead(pause)
    ahead.plan(work("first"))
    ahead.plan(work("second"))
    pause.over.set()
    await ahead.done()
    assert done == ["second"]
    pause.over.clear()
    ahead.plan(work("third"))
    ahead.drop()
    pause.over.set()
    await ahead.close()
    assert done == ["second"]


async def test_a_key_stops_work_that_has_begun() -> None:
    stopped = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async def at_once(seconds: float) -> None:
        await asyncio.sleep(0)

    ahead = Ahead(at_once)
    ahead.plan(work)
    for _ in range(5):
        await asyncio.sleep(0)
    await ahead.close()
    assert stopped.is_set()


async def test_a_model_that_fails_at_work_ahead_is_nobodys_business() -> None:
    async def at_once(seconds: float) -> None: ...

    async def work() -> None:
        raise WorkerDied("gone")

    ahead = Ahead(at_once)
    ahead.plan(work)
    await ahead.done()
