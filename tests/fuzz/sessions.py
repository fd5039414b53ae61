"""Random but valid editing sessions against the real server.

    python -m tests.fuzz.sessions --sessions 10000
    python -m tests.fuzz.sessions --seed 4711          # one again

Each session is one server behind real pipes, in this process, with a model that says anything.
Documents are opened, edited, asked about, closed; suggestions and fixes are applied as an editor
applies them; requests are cancelled, settings change, the model fails. All the while a reference
that is too simple to be wrong keeps the text.

What must hold: the server's text is the editor's, byte for byte, in each position encoding; every
request gets one answer; every range in an answer lies in the document; nothing fails, pops up or
hangs; and the session ends with exit code 0. The seed says everything but the timing.
"""

import argparse
import asyncio
import functools
import logging
import random
import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from slm_lsp import server, serving
from tests.fuzz.acting import FuzzedSession
from tests.fuzz.model import TalkativeModel

AT_ONCE = 8
# Of the session that a task belongs to.
SEED: ContextVar[int | str] = ContextVar("SEED", default=0)
# A session that lasts longer hangs. Ticks of the loop, not seconds: where a machine has no time for
# us, the loop does not tick either.
TICK_S = 0.1
MOST_TICKS = 600


async def run_one(seed: int | str) -> None:
    """One session, whole, in its time."""
    SEED.set(seed)
    session = asyncio.create_task(FuzzedSession(seed).run())
    try:
        for _ in range(MOST_TICKS):
            if (await asyncio.wait({session}, timeout=TICK_S))[0]:
                return session.result()
        raise TimeoutError("the session hangs")
    except BaseException as error:
        session.cancel()
        await asyncio.gather(session, return_exceptions=True)
        error.add_note(f"again: python -m tests.fuzz.sessions --seed {seed}")
        raise


async def run(seeds: Iterable[int | str], at_once: int = AT_ONCE) -> int:
    """All of these; the result is how many there were."""
    pending, n_done = iter(seeds), 0

    async def work() -> None:
        nonlocal n_done
        for seed in pending:
            await asyncio.create_task(run_one(seed))
            n_done += 1
            if n_done % 500 == 0:
                print(f"{n_done} sessions", flush=True)

    errors = Errors()
    logging.getLogger("slm_lsp").addHandler(errors)
    logging.getLogger("slm_lsp").propagate = False

    async def a_model(settings: Any) -> TalkativeModel:
        return TalkativeModel(rng=random.Random(f"model {SEED.get()}"))

    before, converter = serving.build_client, server.default_converter
    serving.build_client = a_model  # type: ignore[assignment]
    # Compiling what decodes messages takes half of a short session; it is the same for all.
    server.default_converter = functools.cache(converter)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(work())
    finally:
        serving.build_client, server.default_converter = before, converter
        logging.getLogger("slm_lsp").removeHandler(errors)
        logging.getLogger("slm_lsp").propagate = True
    assert errors.found == [], errors.found[:20]
    return n_done


class Errors(logging.Handler):
    """What a server logs as an error is one, also when no answer shows it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())


def main(argv: list[str] | None = None) -> None:
    from tests.fuzz.places import own_places

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", help="only this one")
    arguments = parser.parse_args(argv)
    first, n = arguments.first, arguments.sessions
    with own_places():
        begin = time.monotonic()
        seeds = [arguments.seed] if arguments.seed else range(first, first + n)
        n_done = asyncio.run(run(seeds))
    print(f"{n_done} sessions in {time.monotonic() - begin:.0f} s; nothing found")


if __name__ == "__main__":
    main()
