"""A change as the model sees it: `slm-lsp check --odd` and `--review`."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from slm_lsp.assembly import build_client
from slm_lsp.diagnostics.judge import Judge, judge_of
from slm_lsp.diagnostics.output import FileFinding
from slm_lsp.diagnostics.proposals import N_CTX, review
from slm_lsp.diagnostics.review import Changed, Odd, odd_spots
from slm_lsp.errors import ModelUnsuitable, WorkerDied
from slm_lsp.inference.client import ModelClient
from slm_lsp.inference.wire import ModelInfo
from slm_lsp.settings import ModelSettings, Settings

MILLION, BILLION = 1e6, 1e9


def odd(changes: Sequence[Changed], settings: Settings, n: int) -> list[FileFinding]:
    """The oddest spots, by the model that completes."""

    async def ask(client: ModelClient, judge: Judge) -> list[Odd]:
        return await odd_spots(changes, judge, n)

    return asyncio.run(_asked(settings, ask))


def reviewed(changes: Sequence[Changed], settings: Settings, n: int) -> list[FileFinding]:
    """What an instruct model proposes and means. Raises ModelUnsuitable for a small one."""
    model = _reviewer(settings)
    settings = replace(settings, model=replace(model, n_ctx=max(model.n_ctx, N_CTX)))

    async def ask(client: ModelClient, judge: Judge) -> list[Odd]:
        if client.model is not None:
            _demand(client.model, settings.diagnostics.review_min_billions)
        return await review(changes, client, judge, n, _tell)

    return asyncio.run(_asked(settings, ask))


def _tell(where: str, number: int, n_parts: int) -> None:
    """A part may take a large model a minute: somebody who waits sees which one it is."""
    if sys.stderr.isatty():
        print(f"reviewing {where} ({number} of {n_parts})", file=sys.stderr)


def _reviewer(settings: Settings) -> ModelSettings:
    """The model of the settings, or the one that they name for reviews alone."""
    name, model = settings.diagnostics.review_model, settings.model
    if name is None:
        return model
    shared, n_threads = model.shared_stores, model.n_threads
    return ModelSettings(name, n_threads=n_threads, shared_stores=shared)


def _demand(model: ModelInfo, min_billions: float) -> None:
    if model.can_chat and model.parameters >= min_billions * BILLION:
        return
    n = model.parameters
    size = f"{n / BILLION:.1f} billion" if n >= BILLION else f"{n / MILLION:.0f} million"
    template = "" if model.can_chat else " and no chat template that llama.cpp can fill in"
    raise ModelUnsuitable(
        f"--review needs an instruct model of at least {min_billions:g} billion parameters, and "
        f"{model.name} has {size}{template}; name one as diagnostics.review_model"
    )


@asynccontextmanager
async def judging(settings: Settings) -> AsyncIterator[tuple[ModelClient, Judge]]:
    """The model of the settings, while it is asked. Raises WorkerDied where there is none."""
    client = await build_client(settings)
    try:
        await client.start()
        judge = judge_of(client, settings.model)
        if judge is None:
            raise WorkerDied(client.detail)
        yield client, judge
    finally:
        await client.close()


async def _asked(
    settings: Settings, ask: Callable[[ModelClient, Judge], Awaitable[list[Odd]]]
) -> list[FileFinding]:
    async with judging(settings) as (client, judge):
        found = await ask(client, judge)
    return [FileFinding.of(one.path, one.text, one.finding) for one in found]
