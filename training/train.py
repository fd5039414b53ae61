"""Train a model, or go on training it.

    python -m training.train --shards DIR --out DIR --shape mini --tokens 200e6
    torchrun --nproc-per-node 4 -m training.train …      several GPUs
    python -m training.train … --start-from model.gguf  begin with a finished model's weights
    python -m training.train … --go-on-from RUN         go on from another run

Running the same command again resumes from OUT/checkpoint.pt. Ctrl-C and SIGTERM save first. What
was done before a run that goes on counts towards its budget: the rate is level again if the budget
is so much larger that the decline lies ahead.
"""

import argparse
import os
import signal
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

# Imported later, as an optimizer does, it would keep the process group's threads alive past its
# end, and now and then one of them aborts a process that has finished.
import torch._dynamo

from slm_lsp.tune.blocks import Position
from slm_lsp.tune.checkpoint import Progress, write_checkpoint
from slm_lsp.tune.loop import Plan, train
from slm_lsp.tune.network import SHAPES, Network, Shape
from slm_lsp.tune.optimizer import DECAY, WARM_UP
from slm_lsp.tune.weights import load
from training.shard_files import ShardReader


def main(argv: list[str] | None = None) -> Progress:
    arguments = parser().parse_args(argv)
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    device = choose_device(arguments.device)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    if world > 1:
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    torch.manual_seed(arguments.seed)
    torch.set_float32_matmul_precision("high")

    reader = ShardReader(arguments.shards, arguments.seed, rank, world)
    length = reader.batch(1).shape[1] - 1  # looking is free: `train` sets the position
    if arguments.go_on_from and rank == 0:
        take_over(arguments.go_on_from, arguments.out)
    if world > 1:
        torch.distributed.barrier()
    network = start(arguments, length).to(device)
    teacher = None
    if arguments.teacher:
        teacher = load(arguments.teacher)[0].to(device).eval().requires_grad_(False)
        teacher.rebuild_angles(length)
    plan = Plan(
        tokens=arguments.tokens,
        minutes=arguments.minutes,
        batch_rows=max(1, arguments.batch_tokens // length),
        micro_rows=arguments.micro_rows,
        learning_rate=arguments.learning_rate,
        warm_up=arguments.warm_up,
        decay=arguments.decay,
        separator=0 if arguments.mask_documents else None,
        distil=arguments.distil if teacher else 0.0,
        half=not arguments.full_precision,
        compiled=arguments.compile,
        validate_every=arguments.validate_every,
        save_minutes=arguments.save_minutes,
    )
    validation = None
    if arguments.validation:
        validation = torch.from_numpy(np.load(arguments.validation).astype("int32"))
    stop: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: stop.append(received))
    progress = train(
        network,
        reader,
        plan,
        arguments.out,
        validation=validation,
        teacher=teacher,
        report=lambda line: print(line, flush=True) if rank == 0 else None,
        stopping=lambda: bool(stop),
    )
    if world > 1:
        torch.distributed.destroy_process_group()
    return progress


def take_over(run: Path, out: Path) -> None:
    """Begin the run `out` with the checkpoint of `run`, and the data at its beginning."""
    if (out / "checkpoint.pt").exists():
        return
    source = run / "checkpoint.pt"
    if not source.exists():
        raise SystemExit(f"{source} does not exist: --go-on-from names the folder of another run")
    state = torch.load(source, map_location="cpu", weights_only=True)
    state["progress"]["at"] = asdict(Position())
    write_checkpoint(out, state)


def start(arguments: argparse.Namespace, length: int) -> Network:
    """A finished model to continue, or a new one of the wanted shape."""
    if arguments.go_on_from:
        state = torch.load(arguments.out / "checkpoint.pt", map_location="cpu", weights_only=True)
        return Network(replace(Shape(**state["shape"]), context=length))
    if arguments.start_from:
        network = load(arguments.start_from)[0]
        network.rebuild_angles(length)
        return network
    shape = replace(SHAPES[arguments.shape], context=length, vocabulary=arguments.vocabulary)
    return Network(shape)


def choose_device(wanted: str) -> torch.device:
    if wanted != "auto":
        return torch.device(wanted)
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)
        return device
    return torch.device("cpu")


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--shards", type=Path, required=True)
    add("--out", type=Path, required=True, help="checkpoint and record; resumes from it")
    add("--shape", choices=sorted(SHAPES), default="mini")
    add("--vocabulary", type=int, default=16_384)
    add("--start-from", type=Path, help="a GGUF file whose weights to start from")
    add("--go-on-from", type=Path, metavar="RUN", help="folder of a run to go on from")
    add("--validation", type=Path, help="blocks (.npy) that are never trained on")
    add("--tokens", type=float, default=float("inf"), help="budget in tokens")
    add("--minutes", type=float, default=float("inf"), help="budget in minutes, over all resumes")
    add("--batch-tokens", type=int, default=65_536, help="tokens for one update")
    add("--micro-rows", type=int, default=4, help="blocks in memory at a time")
    add("--learning-rate", type=float, default=4e-3)
    add("--warm-up", type=float, default=WARM_UP)
    add("--decay", type=float, default=DECAY)
    add("--teacher", type=Path, help="a GGUF file with the same vocabulary to learn from")
    add("--distil", type=float, default=0.5, help="the teacher's part of the loss")
    add("--mask-documents", action="store_true", help="packed samples cannot see each other")
    add("--full-precision", action="store_true", help="f32 matrix products")
    add("--compile", action=argparse.BooleanOptionalAction, default=True)
    add("--validate-every", type=int, default=200)
    add("--save-minutes", type=float, default=5.0)
    add("--device", default="auto")
    add("--threads", type=int, default=0)
    add("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    main()
