"""The training loop: the same on a CPU, on one GPU and on several, and resumable to the bit.

A step's learning rate depends on how much of the budget is used. A budget of tokens makes runs
repeatable; a budget of minutes makes the most of a machine that is there for a while only.
"""

import csv
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from slm_lsp.tune.blocks import Blocks, Position
from slm_lsp.tune.checkpoint import Progress, restore, save_checkpoint
from slm_lsp.tune.network import Network
from slm_lsp.tune.optimizer import DECAY, WARM_UP, Optimizer, schedule


@dataclass(frozen=True, slots=True)
class Plan:
    """What a training run may use, and how it goes about it."""

    tokens: float = float("inf")
    minutes: float = float("inf")
    batch_rows: int = 32  # blocks for one update, over all processes
    micro_rows: int = 8  # blocks that one process holds at a time
    learning_rate: float = 4e-3
    weight_decay: float = 0.05
    warm_up: float = WARM_UP
    decay: float = DECAY
    pad: int = 4
    separator: int | None = None  # the end marker, to keep packed samples apart; None: do not
    distil: float = 0.0  # how much of the loss comes from the teacher
    half: bool = True  # matrix products in bf16; the weights stay f32
    compiled: bool = True
    validate_every: int = 200
    save_minutes: float = 5.0

    def used(self, progress: Progress) -> float:
        """The part of the budget that is used, 0 to 1."""
        return min(1.0, max(progress.tokens / self.tokens, progress.seconds / 60 / self.minutes))


class Reader(Protocol):
    """Where blocks come from: the same ones from the same position."""

    at: Position
    rank: int
    world: int

    def batch(self, n_rows: int) -> Blocks: ...


def train(
    network: Network,
    reader: Reader,
    plan: Plan,
    folder: Path,
    *,
    validation: Tensor | None = None,
    teacher: Network | None = None,
    report: Callable[[str], None] = print,
    stopping: Callable[[], bool] = lambda: False,
    on_step: Callable[[Progress, float], None] = lambda progress, loss: None,
) -> Progress:
    """Train until the budget is used or `stopping` says so; `folder` keeps what is needed to go on.

    The folder holds `checkpoint.pt` and `loss.csv`. Starting again with the same folder resumes.
    """
    device = next(network.parameters()).device
    optimizer = Optimizer(network, plan.learning_rate, plan.weight_decay)
    progress = restore(folder, network, optimizer)
    reader.at = progress.at
    loss_of = make_loss(network, plan, teacher)
    started, saved = time.monotonic() - progress.seconds, time.monotonic()
    writes = reader.rank == 0
    accumulate = max(1, plan.batch_rows // plan.micro_rows // reader.world)
    stop = stopping()
    while plan.used(progress) < 1.0 and not stop:
        factor = schedule(plan.used(progress), plan.warm_up, plan.decay)
        total = torch.zeros((), device=device)
        n_tokens = 0
        for _ in range(accumulate):
            rows = torch.from_numpy(reader.batch(plan.micro_rows).astype("int32")).to(device)
            loss = loss_of(rows) / accumulate
            loss.backward()
            total += loss.detach()
            n_tokens += int((rows[:, 1:] != plan.pad).sum())
        average(network, total, reader.world)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step(factor)
        progress.step += 1
        before = progress.seconds
        mine = (n_tokens, time.monotonic() - started, stopping())
        n_tokens, progress.seconds, stop = agree(*mine, reader.world, device)
        progress.tokens += n_tokens
        if writes:
            note(folder, progress, "train", total.item(), factor)
            on_step(progress, total.item())
            if progress.step % 20 == 1:
                pace = n_tokens / max(1e-9, progress.seconds - before)
                report(f"{describe(progress, plan)} loss {total.item():.3f}, {pace:,.0f} tokens/s")
            if validation is not None and progress.step % plan.validate_every == 0:
                score = validate(network, validation, plan)
                note(folder, progress, "validation", score, factor)
                report(f"{describe(progress, plan)} validation loss {score:.4f}")
            if time.monotonic() - saved > 60 * plan.save_minutes:
                save_checkpoint(folder, network, optimizer, progress)
                saved = time.monotonic()
    if writes:
        save_checkpoint(folder, network, optimizer, progress)
        if validation is not None:
            score = validate(network, validation, plan)
            note(folder, progress, "validation", score, 0.0)
            report(f"{describe(progress, plan)} validation loss {score:.4f}")
    return progress


def make_loss(network: Network, plan: Plan, teacher: Network | None) -> Callable[[Tensor], Tensor]:
    """Cross-entropy, or a mix of it with the distance to the teacher's distribution."""

    def alone(rows: Tensor) -> Tensor:
        return network.loss(rows, plan.pad, plan.separator)

    def taught(rows: Tensor) -> Tensor:
        assert teacher is not None
        targets = rows[:, 1:]
        keep = (targets != plan.pad).flatten()
        logits = network(rows[:, :-1], plan.separator).float().flatten(0, 1)[keep]
        with torch.no_grad():
            wanted = teacher(rows[:, :-1], plan.separator).float().flatten(0, 1)[keep]
        truth = F.cross_entropy(logits, targets.flatten()[keep].long())
        distance = F.kl_div(
            F.log_softmax(logits, -1), F.log_softmax(wanted, -1), log_target=True, reduction="sum"
        )
        return (1 - plan.distil) * truth + plan.distil * distance / keep.sum()

    loss = alone if teacher is None else taught
    compiled = torch.compile(loss) if plan.compiled and teacher is None else loss
    device = next(network.parameters()).device.type

    def half(rows: Tensor) -> Tensor:
        with torch.autocast(device, torch.bfloat16) if plan.half else nullcontext():
            return compiled(rows)

    return half


@torch.no_grad()
def validate(network: Network, blocks: Tensor, plan: Plan) -> float:
    """Mean loss per token over all of `blocks`."""
    device = next(network.parameters()).device
    total, count = 0.0, 0
    for rows in blocks.split(plan.micro_rows):
        rows = rows.to(device)
        n_tokens = int((rows[:, 1:] != plan.pad).sum())
        with torch.autocast(device.type, torch.bfloat16) if plan.half else nullcontext():
            total += network.loss(rows, plan.pad, plan.separator).item() * n_tokens
        count += n_tokens
    return total / max(1, count)


def average(network: Network, loss: Tensor, world: int) -> None:
    """Make every process step alike, and tell the loss of all their rows.

    Models this small need no overlap of sending and computing.
    """
    if world == 1:
        return
    torch.distributed.all_reduce(loss)
    loss /= world
    for parameter in network.parameters():
        if parameter.grad is not None:
            torch.distributed.all_reduce(parameter.grad)
            parameter.grad /= world


def agree(
    n_tokens: int, seconds: float, stop: bool, world: int, device: torch.device
) -> tuple[int, float, bool]:
    """One count, one clock, one end for all processes: none may wait for one that is done."""
    if world == 1:
        return n_tokens, seconds, stop
    counted = torch.tensor([n_tokens], device=device)
    latest = torch.tensor([seconds, float(stop)], device=device)
    torch.distributed.all_reduce(counted)
    torch.distributed.all_reduce(latest, torch.distributed.ReduceOp.MAX)
    return int(counted), float(latest[0]), bool(latest[1])


def note(folder: Path, progress: Progress, kind: str, loss: float, factor: float) -> None:
    """Append a line to the run's record."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "loss.csv"
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", "tokens", "seconds", "kind", "loss", "rate"])
        seconds = round(progress.seconds, 1)
        row = [progress.step, progress.tokens, seconds, kind, round(loss, 5), round(factor, 4)]
        writer.writerow(row)


def describe(progress: Progress, plan: Plan) -> str:
    share = plan.used(progress)
    return f"step {progress.step}, {progress.tokens / 1e6:.2f} M tokens ({share:.0%}):"
