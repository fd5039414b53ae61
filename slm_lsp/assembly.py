"""Putting the parts together, in the same way for the server, `complete` and `doctor`."""

import asyncio
import logging

from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.inference.client import ModelClient, WorkerClient
from slm_lsp.models import resolve_model
from slm_lsp.models.places import cache_folder
from slm_lsp.settings import Settings
from slm_lsp.statistics import Statistics


async def build_client(settings: Settings) -> WorkerClient:
    """The inference process for the model that the settings name, not yet started.

    Raises a ModelError that says what is wrong with the model.
    """
    # Reads, and the first time digests, what may be gigabytes.
    model = await asyncio.to_thread(resolve_model, settings.model)
    return WorkerClient(
        model.path,
        model.sha256,
        n_ctx=settings.model.n_ctx,
        n_threads=settings.model.n_threads,
        state_dir=cache_folder(),
        require_sandbox=settings.privacy.require_sandbox,
        log=logging.getLogger("slm_lsp.inference"),
    )


def build_engine(
    client: ModelClient, settings: Settings, statistics: Statistics | None = None
) -> CompletionEngine:
    return CompletionEngine(client, settings, statistics)
