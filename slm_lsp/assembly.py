"""Putting the parts together, in the same way for the server, `complete` and `doctor`."""

import asyncio
import logging

from slm_prompts import chosen_template, templates

from slm_lsp.completion.asking import Expect
from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.completion.settled import Gather
from slm_lsp.completion.sources import Defined
from slm_lsp.inference.client import ModelClient
from slm_lsp.inference.wire import ModelInfo
from slm_lsp.inference.worker_client import WorkerClient
from slm_lsp.models import resolve_model
from slm_lsp.models.quarantine import quarantine_after_crash
from slm_lsp.places import cache_folder
from slm_lsp.power import Battery
from slm_lsp.settings import Settings
from slm_lsp.statistics import Statistics

BATTERY = Battery()
# Of the markers that every layout has, in the order in which people name them.
ROLES = ("pre", "suf", "mid")


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
        markers=_markers(settings.model.template),
        adapter=(adapter.path, adapter.scale) if (adapter := model.adapter) else None,
        on_load_crash=lambda exit_code: quarantine_after_crash(model, exit_code),
        why_useless=lambda loaded: why_useless(settings.model.template, loaded),
        require_sandbox=settings.privacy.require_sandbox,
        log=logging.getLogger("slm_lsp.inference"),
    )


def _markers(template: str | None) -> tuple[str, ...]:
    """Those of a template chosen by hand: the model must know each of them as one token."""
    return templates()[template].markers if template else ()


def why_useless(template: str | None, model: ModelInfo) -> str | None:
    """Why nobody knows how to ask a model that can be loaded; None when it is known."""
    if chosen_template(template, model.name, model.fim_markers) is not None:
        return None
    markers = ", ".join(model.fim_markers[role] for role in ROLES if role in model.fim_markers)
    known = ", ".join(sorted(templates()))
    return (
        f"{model.name} marks what is around the cursor by {markers}, as no known layout does; "
        f"name the one that it was trained on as model.template ({known}), or choose another model"
    )


def build_engine(
    client: ModelClient,
    settings: Settings,
    statistics: Statistics | None = None,
    gather: Gather | None = None,
    defined: Defined | None = None,
    expect: Expect | None = None,
) -> CompletionEngine:
    return CompletionEngine(
        client,
        settings,
        statistics,
        gather,
        defined,
        discharging=BATTERY.discharging,
        expect=expect,
    )
