"""The log says what happened and where, never what was typed."""

import logging
import queue

import pytest

from slm_lsp.errors import ModelNotFound
from slm_lsp.log import DroppingHandler, describe, span
from slm_lsp.statistics import Statistics, percentile


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.parametrize("error", [KeyError("canary"), ValueError("canary"), TypeError("canary")])
def test_foreign_errors_are_named_but_not_quoted(error: Exception) -> None:
    told = describe(raised(error))
    assert "canary" not in told
    assert type(error).__name__ in told and "test_log.py" in told


def test_our_own_errors_are_quoted() -> None:
    assert "no such model" in describe(raised(ModelNotFound("no such model")))


def test_an_exception_in_a_record_is_described_not_quoted() -> None:
    waiting: queue.Queue[logging.LogRecord] = queue.Queue()
    error = raised(KeyError("canary"))
    record = logging.LogRecord(
        "x", logging.ERROR, "", 1, "failed %s", (3,), (type(error), error, error.__traceback__)
    )
    DroppingHandler(waiting).emit(record)
    written = waiting.get_nowait()
    assert written.getMessage().startswith("failed 3: KeyError at")
    assert "canary" not in written.getMessage() and written.exc_info is None


def test_lines_that_find_no_room_are_dropped() -> None:
    waiting: queue.Queue[logging.LogRecord] = queue.Queue(1)
    handler = DroppingHandler(waiting)
    for n in range(3):
        handler.emit(logging.LogRecord("x", logging.INFO, "", 1, "line %d", (n,), None))
    assert waiting.get_nowait().getMessage() == "line 0"
    assert waiting.empty()


def test_spans_add_up() -> None:
    timings: dict[str, float] = {}
    for _ in range(2):
        with span("stage", timings):
            pass
    assert list(timings) == ["stage"] and timings["stage"] >= 0


@pytest.mark.parametrize(
    ("values", "p", "expected"),
    [
        ([], 50, None),
        ([1.0], 99, 1.0),
        ([1.0, 2.0, 3.0, 4.0], 50, 2.0),
        (list(range(1, 101)), 95, 95),
    ],
)
def test_percentiles(values: list[float], p: int, expected: float | None) -> None:
    assert percentile(values, p) == expected


def test_statistics_as_json() -> None:
    statistics = Statistics()
    statistics.counters.shown += 1
    statistics.latencies_ms.extend([5.0, 1.0])
    said = statistics.as_json()
    assert said["latency_ms"] == {"p50": 1.0, "p95": 5.0, "p99": 5.0, "n": 2}
    assert said["counters"]["shown"] == 1
