"""Which models this machine can serve in time, by measuring it."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slm_lsp.errors import ModelError, WorkerError
from slm_lsp.inference.client import WorkerState
from slm_lsp.inference.cpu import physical_cores
from slm_lsp.inference.wire import Done, Generate
from slm_lsp.inference.worker_client import WorkerClient
from slm_lsp.models.catalogue import CatalogueModel, catalogue
from slm_lsp.models.digest import sha256_of
from slm_lsp.models.manifest import bundled_model
from slm_lsp.models.memory import FIXED_BYTES, available_bytes
from slm_lsp.models.probe import SHAPES, write_probe
from slm_lsp.places import cache_folder
from slm_lsp.settings import CompletionSettings

# A keystroke evaluates what was typed since the last request, and a line's end is some ten
# tokens. The first request in a file evaluates all of the prompt.
TYPED_TOKENS, LINE_TOKENS, FIRST_TOKENS = 16, 12, 900
PREDICTED_TOKENS = 48
MAX_TRIES = 8
# Our own source, because it is at hand: some 800 tokens of ordinary Python.
SAMPLE = Path(__file__).read_text(encoding="utf-8")[:2600]
# Weights that are read and the cache beside them: measured sizes are this much above the file.
MEMORY_FACTOR = 1.2


@dataclass(frozen=True, slots=True)
class Speed:
    """What was measured with one model. Speeds are in tokens per second."""

    name: str
    n_weights: int
    prefill: float
    decode: float


@dataclass(frozen=True, slots=True)
class Machine:
    """What was measured of this machine. `free_bytes` is memory, None where it is not known."""

    cores: int
    free_bytes: int | None
    speeds: tuple[Speed, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect of a model on this machine."""

    model: CatalogueModel
    typing_ms: float
    first_ms: float
    memory_bytes: int
    verdict: str


async def measure(progress: Callable[[str], None] = lambda _: None) -> Machine:
    """Run the bundled model and the probes for a few seconds."""
    speeds: list[Speed] = []
    bundled = bundled_model()
    progress(bundled.name)
    speeds.append(await _measured(bundled.name, bundled.path, 8_000_000))
    with tempfile.TemporaryDirectory(prefix="slm-lsp-probe-") as folder:
        for shape in SHAPES:
            progress(f"random weights as wide as {shape.name}")
            path = Path(folder) / f"{shape.name}.gguf"
            await asyncio.to_thread(write_probe, path, shape)
            speeds.append(await _measured(shape.name, path, shape.n_weights))
            path.unlink()
    return Machine(physical_cores(), available_bytes(), tuple(speeds))


def forecasts(machine: Machine, deadlines: CompletionSettings) -> list[Forecast]:
    """The catalogue on this machine, the best model that keeps the deadline first."""
    found = [_forecast(model, machine, deadlines) for model in catalogue()]
    order = {VERDICTS[0]: 0, VERDICTS[1]: 1}
    return sorted(found, key=lambda f: (order.get(f.verdict, 2), -f.model.parameters))


VERDICTS = ("while you type", "on request", "too slow", "too large")


def _forecast(model: CatalogueModel, machine: Machine, deadlines: CompletionSettings) -> Forecast:
    # The widest probe is nearest to real models: in small ones other costs than weights count.
    probe = max(machine.speeds, key=lambda speed: speed.n_weights)
    scale = probe.n_weights / model.parameters
    prefill, decode = probe.prefill * scale, probe.decode * scale
    typing_ms = 1000 * (TYPED_TOKENS / prefill + LINE_TOKENS / decode)
    first_ms = 1000 * (FIRST_TOKENS / prefill + LINE_TOKENS / decode)
    memory_bytes = int(model.about_bytes * MEMORY_FACTOR) + FIXED_BYTES
    if machine.free_bytes is not None and memory_bytes > machine.free_bytes:
        verdict = VERDICTS[3]
    elif typing_ms <= deadlines.automatic_deadline_ms:
        verdict = VERDICTS[0]
    elif typing_ms <= deadlines.invoked_deadline_ms:
        verdict = VERDICTS[1]
    else:
        verdict = VERDICTS[2]
    return Forecast(model, typing_ms, first_ms, memory_bytes, verdict)


async def _measured(name: str, path: Path, n_weights: int) -> Speed:
    client = WorkerClient(
        path,
        await asyncio.to_thread(sha256_of, path),
        n_ctx=1024,
        n_threads=None,
        state_dir=cache_folder(),
    )
    try:
        await client.start()
        if client.state is not WorkerState.READY:
            raise ModelError(f"cannot measure {name}: {client.detail}")
        first = await _generated(client, 0)
        longest = first
        # Random weights may end a text at once: the longest of a few counts.
        for seed in range(1, MAX_TRIES):
            if longest.n_predicted >= PREDICTED_TOKENS // 2:
                break
            done = await _generated(client, seed)
            longest = max(longest, done, key=lambda one: one.n_predicted)
    except WorkerError as error:
        raise ModelError(f"cannot measure {name}: {error}") from error
    finally:
        await client.close()
    return Speed(
        name,
        n_weights,
        first.n_evaluated / max(first.prefill_ms, 0.1) * 1000,
        max(1, longest.n_predicted) / max(longest.decode_ms, 0.1) * 1000,
    )


async def _generated(client: WorkerClient, seed: int) -> Done:
    request = Generate(
        seed,
        ((SAMPLE, False),),
        PREDICTED_TOKENS,
        single_line=False,
        temperature=1.0,
        seed=seed,
    )
    async for answer in client.generate(request):
        if isinstance(answer, Done):
            return answer
    raise ModelError("the inference process gave no answer")
