"""The training step of `slm-lsp tune`: all weights, on the repository, in the time there is."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import torch

from slm_lsp.errors import CannotTune
from slm_lsp.tune import weights
from slm_lsp.tune.checkpoint import Progress
from slm_lsp.tune.loop import Plan, train
from slm_lsp.tune.neighbours import Neighbourhood
from slm_lsp.tune.network import Network
from slm_lsp.tune.reader import RepositoryReader
from slm_lsp.tune.repository import Division
from slm_lsp.tune.run import RunFolder, State
from slm_lsp.tune.samples import SampleMaker
from slm_lsp.tune.trainable import SEED_KEY, Trainable
from slm_lsp.tune.tuning import Interrupted, Job, Reporter

# A quarter of what the weights were first learnt with: they are to move, not to be forgotten.
LEARNING_RATE = 1e-3
WARM_UP, DECAY = 0.03, 0.5
# Small batches, and for a small repository still smaller ones: what counts is how often the
# weights are corrected in the little time there is.
BATCH_TOKENS, WANTED_STEPS = 4_096, 400
MAX_BLOCK = 2_048


def train_model(
    job: Job,
    base: Trainable,
    division: Division,
    state: State,
    folder: RunFolder,
    name: str,
    seed: int,
    reporter: Reporter,
    stopping: Callable[[], bool],
) -> None:
    """Leave the trained model in `folder.tuned`. Raises Interrupted after saving."""
    torch.set_num_threads(job.n_threads)
    torch.manual_seed(seed)
    network, tokenizer, _ = weights.load(job.model.path)
    length = min(network.shape.context, MAX_BLOCK)
    # Only files that are learnt from: a snippet, too, would show what is held out.
    neighbours = Neighbourhood(division.learnt, job.settings, folder.path)
    try:
        maker = SampleMaker(tokenizer, base.template, length + 1)
        reader = RepositoryReader(division.learnt, maker, neighbours, length, seed)
        n_tokens = reader.tokens_of_a_lap()
        if not n_tokens:
            raise CannotTune(f"{job.root}: no file is long enough to learn from")
        if state.half is None:
            state = folder.update(state, half=half_is_faster(network, length))
        batch_tokens = min(BATCH_TOKENS, job.n_laps * n_tokens // WANTED_STEPS)
        rows = max(1, batch_tokens // length)
        plan = Plan(
            tokens=job.n_laps * n_tokens,
            minutes=state.train_minutes or job.minutes,
            batch_rows=rows,
            micro_rows=min(4, rows),
            learning_rate=LEARNING_RATE,
            weight_decay=0.0,
            warm_up=WARM_UP,
            decay=DECAY,
            pad=maker.id(weights.PAD),
            half=bool(state.half),
            compiled=False,  # it would need a compiler on the user's machine
            save_minutes=2.0,
        )

        def stepped(progress: Progress, loss: float) -> None:
            reporter.advanced(plan.used(progress), f"step {progress.step}, loss {loss:.2f}")

        progress = train(
            network,
            reader,
            plan,
            folder.path,
            report=lambda line: None,
            stopping=stopping,
            on_step=stepped,
        )
    finally:
        neighbours.close()
    if plan.used(progress) < 1.0:
        raise Interrupted
    write_model(network, tokenizer, name, folder.tuned, base.kind, seed)


def write_model(
    network: Network, tokenizer: object, name: str, path: Path, kind: str, seed: int
) -> None:
    """The file appears complete or not at all."""
    part = path.with_suffix(".part")
    weights.save(network, tokenizer, name, part, kind, {SEED_KEY: seed})  # type: ignore[arg-type]
    part.replace(path)


def half_is_faster(network: Network, length: int) -> bool:
    """Whether this processor multiplies faster in bf16: measured, since names of features lie."""
    rows = torch.zeros((1, length + 1), dtype=torch.int32)

    def seconds(half: bool) -> float:
        best = float("inf")
        for _ in range(2):
            started = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16) if half else nullcontext():
                network.loss(rows, ignore=-1).backward()
            best = min(best, time.perf_counter() - started)
        network.zero_grad(set_to_none=True)
        return best

    return seconds(True) < seconds(False)
