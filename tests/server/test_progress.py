"""When a progress bar is shown, and what of it: without a clock, and without a client."""

from concurrent.futures import Future
from typing import Any

import pytest

from slm_lsp.progress import ReadingProgress


class Client:
    """Takes what a protocol would send, and answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Future[Any]] = []
        self.sent: list[dict[str, Any]] = []

    def send_request(self, method: str, params: Any) -> Future[Any]:
        self.asked.append(Future())
        return self.asked[-1]

    def notify(self, method: str, params: Any) -> None:
        value = params.value
        self.sent.append({"kind": value.kind, "message": value.message})

    @property
    def kinds(self) -> list[str]:
        return [one["kind"] for one in self.sent]


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def reading(client: Client, now: list[float]) -> ReadingProgress:
    return ReadingProgress(client, lambda: now[0])  # pyright: ignore - a stand-in


def test_few_files_are_not_worth_a_bar(client: Client, reading: ReadingProgress) -> None:
    for done in range(50):
        reading.show(done, 49)
    assert client.asked == []


def test_reports_come_at_a_person_s_pace(client: Client, reading: ReadingProgress, now) -> None:
    reading.show(0, 1000)
    client.asked[0].set_result(None)
    for done in range(1, 1000):
        now[0] += 0.01
        reading.show(done, 1000)
    reading.show(0, 0)
    assert 40 < client.kinds.count("report") < 60
    assert (client.kinds[0], client.kinds[-1]) == ("begin", "end")


def test_what_ends_before_the_client_answers_is_shown_and_ended(
    client: Client, reading: ReadingProgress
) -> None:
    reading.show(0, 1000)
    reading.show(0, 0)
    client.asked[0].set_result(None)
    assert client.kinds == ["begin", "end"]


def test_a_client_that_refuses_is_not_asked_again(
    client: Client, reading: ReadingProgress, now
) -> None:
    reading.show(0, 1000)
    client.asked[0].set_exception(RuntimeError("no"))
    now[0] = 10
    reading.show(500, 1000)
    assert len(client.asked) == 1 and client.sent == []
