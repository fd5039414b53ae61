"""A pinned LoRA adapter changes the answers of the real model; a file that crashes is put away."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from slm_lsp.assembly import build_client
from slm_lsp.errors import ModelUnsuitable
from slm_lsp.inference.client import WorkerState
from slm_lsp.inference.process import PACKAGE_ROOT
from slm_lsp.inference.pulse import Limits
from slm_lsp.inference.wire import Score
from slm_lsp.inference.worker_client import WorkerClient
from slm_lsp.models import bundled_model, quarantine
from slm_lsp.models.gguf_reader import read_header
from slm_lsp.models.store import Store
from slm_lsp.settings import AdapterSettings, ModelSettings, Settings
from tests.support import fake_worker
from tests.support.bundled import segments
from tests.support.gguf_files import Gguf, Tensor

RANK = 4


def write_adapter(path: Path, *, architecture: str = "llama") -> Path:
    """A small random change of the first layer's queries, at any rate one that shows."""
    random = np.random.default_rng(7)
    shape = next(
        tensor.shape
        for tensor in read_header(bundled_model().path).tensors
        if tensor.name == "blk.0.attn_q.weight"
    )
    halves = {"a": (shape[0], RANK), "b": (RANK, shape[1])}
    tensors = [
        Tensor(
            f"blk.0.attn_q.weight.lora_{half}",
            size,
            0,  # F32
            random.normal(size=size[::-1]).astype("<f4").tobytes(),
        )
        for half, size in halves.items()
    ]
    metadata = {
        "general.architecture": architecture,
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": float(RANK),
    }
    return Gguf(metadata, tensors).write(path)


async def scores(adapter: AdapterSettings | None) -> tuple[tuple[float, ...], ...]:
    """What the bundled model thinks of a line's end, with and without the adapter."""
    settings = Settings(model=replace(ModelSettings(), adapter=adapter))
    client = await build_client(settings)
    try:
        await client.start()
        assert client.state is WorkerState.READY, client.detail
        prompt = segments("def size_of(path):\n    return os.path.")
        scored = await client.score(Score(1, prompt, ("getsize(path)", "join(path)")))
        return scored.logprobs
    finally:
        await client.close()


@pytest.mark.model
async def test_an_adapter_changes_what_the_model_thinks(store: Store, tmp_path: Path):
    entry = store.add(write_adapter(tmp_path / "team.gguf"), "team-adapter")
    without = await scores(None)
    by_scale = {
        scale: await scores(AdapterSettings(sha256=entry.sha256, size=entry.size, scale=scale))
        for scale in (0.0, 1.0)
    }
    assert by_scale[0.0] == without
    assert by_scale[1.0] != without


@pytest.mark.model
async def test_an_adapter_that_crashes_llama_cpp_is_put_away(store: Store, tmp_path: Path):
    """llama.cpp 0.3.36's wheel aborts on a key of another type than it expects."""
    odd = Gguf(
        {
            "general.architecture": "llama",
            "general.type": "adapter",
            "adapter.type": "lora",
            "adapter.lora.alpha": "four",
        },
        [],
    )
    entry = store.add(odd.write(tmp_path / "odd.gguf"), "odd")
    settings = Settings(model=ModelSettings(adapter=AdapterSettings(sha256=entry.sha256)))
    client = await build_client(settings)
    await client.start()
    detail = client.detail
    await client.close()
    assert detail.startswith("the adapter (") and "SIGABRT" in detail
    with pytest.raises(ModelUnsuitable, match="in quarantine"):
        await build_client(settings)


async def test_a_file_that_crashes_in_safe_mode_too_is_put_away(tmp_path: Path, store: Store):
    """With a process that crashes as llama.cpp does on a file made for it."""
    model = replace(bundled_model(), sha256="c" * 64, name="crafted")
    client = WorkerClient(
        model.path,
        model.sha256,
        n_ctx=64,
        n_threads=1,
        state_dir=tmp_path / "state",
        limits=Limits(back_off_s=(0.0, 0.0)),
        command=(sys.executable, str(fake_worker.__file__), PACKAGE_ROOT, "always crash"),
        on_load_crash=lambda exit_code: quarantine.quarantine_after_crash(model, exit_code),
    )
    await client.start()
    detail, state = client.detail, client.state
    await client.close()
    assert state is WorkerState.FAILED
    assert "crafted" in detail and "SIGSEGV" in detail and "--release" in detail
    assert quarantine.why_quarantined(model.sha256) == detail
    assert client.restarts == 0, "two tries: as it is, and in safe mode"
