"""How far a training run has come, kept in its folder so that it can go on."""

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from slm_lsp.tune.blocks import Position
from slm_lsp.tune.network import Network, Shape
from slm_lsp.tune.optimizer import Optimizer

FILE_NAME = "checkpoint.pt"


@dataclass(slots=True)
class Progress:
    """How far a run has come."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    at: Position = field(default_factory=Position)


def save_checkpoint(
    folder: Path, network: Network, optimizer: Optimizer, progress: Progress
) -> None:
    """Keep everything that going on needs."""
    state = {
        "shape": network.shape.as_dict(),
        "network": network.state_dict(),
        "optimizer": optimizer.state(),
        "progress": asdict(progress),
    }
    write_checkpoint(folder, state)


def write_checkpoint(folder: Path, state: dict[str, object]) -> None:
    """Put a run's state into `folder`, in one file that is never half written."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "checkpoint.part"
    # Into an open file: given a path, torch says of a full disk that a position was unexpected.
    with part.open("wb") as file:
        torch.save(state, file)
    os.replace(part, folder / FILE_NAME)


def restore(folder: Path, network: Network, optimizer: Optimizer) -> Progress:
    """Load the folder's checkpoint, if there is one, into the two."""
    path = folder / FILE_NAME
    if not path.exists():
        return Progress()
    state = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict(state["network"])
    optimizer.restore(state["optimizer"])
    progress = Progress(**state["progress"])
    # Blocks of another length are other data, and begin at their beginning.
    if state["shape"]["context"] == network.shape.context:
        progress.at = Position(**state["progress"]["at"])
    else:
        progress.at = Position()
    return progress


def network_of(path: Path) -> Network:
    """The network of a checkpoint, on the CPU."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    network = Network(Shape(**state["shape"]))
    network.load_state_dict(state["network"])
    return network
