"""Muon for the matrices, AdamW for the rest, and a schedule that can be extended."""

import torch
from torch import nn

# How much of the training goes to warming up and to the final decline of the learning rate. In
# between it stays the same: training longer later starts from there, nothing is lost.
WARM_UP = 0.02
DECAY = 0.25


class Optimizer:
    """Two optimizers that step as one.

    Muon orthogonalises each matrix's momentum, so that all its directions are learnt at the same
    pace; embeddings and norms are no such matrices and go to AdamW. `match_rms_adamw` gives
    both the same scale of update, so that one learning rate and one decay fit both.
    """

    def __init__(
        self, network: nn.Module, learning_rate: float = 4e-3, weight_decay: float = 0.05
    ) -> None:
        matrices, others = [], []
        for name, parameter in network.named_parameters():
            hidden = parameter.dim() == 2 and "token_embd" not in name
            (matrices if hidden else others).append(parameter)
        self.learning_rate = learning_rate
        self.muon = torch.optim.Muon(
            matrices,
            lr=learning_rate,
            weight_decay=weight_decay,
            momentum=0.95,
            adjust_lr_fn="match_rms_adamw",
        )
        self.adam = torch.optim.AdamW(
            others, lr=learning_rate, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0
        )

    def step(self, factor: float) -> None:
        """One update with the learning rate times `factor`; gradients are cleared."""
        for optimizer in (self.muon, self.adam):
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rate * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state(self) -> dict[str, object]:
        return {"muon": self.muon.state_dict(), "adam": self.adam.state_dict()}

    def restore(self, state: dict[str, dict[str, object]]) -> None:
        self.muon.load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])


def schedule(progress: float, warm_up: float = WARM_UP, decay: float = DECAY) -> float:
    """The learning rate's factor at `progress` (0 to 1): up, level, then straight down to zero."""
    if progress < warm_up:
        return max(progress / warm_up, 0.01)
    if progress < 1 - decay:
        return 1.0
    return max(0.0, (1 - progress) / decay)
