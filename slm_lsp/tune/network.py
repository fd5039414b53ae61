"""The model in PyTorch: the Llama architecture as llama.cpp runs it, and nothing more.

Shapes and names follow GGUF so that `weights.py` can carry a model both ways without a table
of exceptions. Widths are multiples of 256: k-quants need rows of whole 256-weight blocks.
"""

from dataclasses import asdict, dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that fixes the size of a model."""

    width: int
    layers: int
    heads: int
    kv_heads: int
    hidden: int
    vocabulary: int = 16_384
    context: int = 2_048
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    def parameters(self) -> int:
        attention = self.width * self.head_width * (2 * self.heads + 2 * self.kv_heads)
        block = attention + 3 * self.width * self.hidden + 2 * self.width
        return self.vocabulary * self.width + self.layers * block + self.width

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


SHAPES = {
    # For tests: trains in seconds, still passes through every path.
    "tiny": Shape(width=256, layers=2, heads=4, kv_heads=2, hidden=256, context=512),
    # 10 M: what two CPU cores can train in hours.
    "mini": Shape(width=256, layers=8, heads=4, kv_heads=2, hidden=768),
    # 33 M: answers within 100 ms on two cores with room to spare.
    "small": Shape(width=512, layers=8, heads=8, kv_heads=2, hidden=1_536),
    # 58 M: compute-optimal for some 25 minutes of one data-centre GPU, and 62 MB as Q8_0.
    "base": Shape(width=768, layers=8, heads=12, kv_heads=4, hidden=1_792),
}


class Block(nn.Module):
    """Attention and a gated feed-forward layer, each on a normalised copy, each added back."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, head = shape.width, shape.head_width
        self.shape = shape
        self.attn_norm = nn.RMSNorm(width, eps=shape.norm_epsilon)
        self.attn_q = nn.Linear(width, shape.heads * head, bias=False)
        self.attn_k = nn.Linear(width, shape.kv_heads * head, bias=False)
        self.attn_v = nn.Linear(width, shape.kv_heads * head, bias=False)
        self.attn_output = nn.Linear(shape.heads * head, width, bias=False)
        self.ffn_norm = nn.RMSNorm(width, eps=shape.norm_epsilon)
        self.ffn_gate = nn.Linear(width, shape.hidden, bias=False)
        self.ffn_up = nn.Linear(width, shape.hidden, bias=False)
        self.ffn_down = nn.Linear(shape.hidden, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None) -> Tensor:
        batch, length, _ = x.shape
        head = self.shape.head_width
        h = self.attn_norm(x)
        q = rotate(self.attn_q(h).view(batch, length, -1, head).transpose(1, 2), cos, sin)
        k = rotate(self.attn_k(h).view(batch, length, -1, head).transpose(1, 2), cos, sin)
        v = self.attn_v(h).view(batch, length, -1, head).transpose(1, 2)
        # Repeating the few key heads costs little and keeps the fast kernels of every device.
        repeats = self.shape.heads // self.shape.kv_heads
        k, v = k.repeat_interleave(repeats, 1), v.repeat_interleave(repeats, 1)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
        x = x + self.attn_output(y.transpose(1, 2).reshape(batch, length, -1))
        h = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))


class Network(nn.Module):
    """Token ids to logits; the embedding is also the output layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocabulary, shape.width)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        self.rebuild_angles(shape.context)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                # What is added to the residual stream starts smaller, the deeper the model.
                residual = name.endswith(("attn_output.weight", "ffn_down.weight"))
                std = 0.02 / (2 * shape.layers) ** 0.5 if residual else 0.02
                nn.init.normal_(parameter, std=std)

    def rebuild_angles(self, context: int) -> None:
        """Serve and train up to `context` tokens; the weights do not depend on it."""
        self.shape = replace(self.shape, context=context)
        head = self.shape.head_width
        device = self.token_embd.weight.device
        frequency = self.shape.rope_base ** (-torch.arange(0, head, 2, device=device) / head)
        angle = torch.outer(torch.arange(context, device=device), frequency)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)

    def hidden(self, tokens: Tensor, separator: int | None = None) -> Tensor:
        length = tokens.shape[1]
        x = self.token_embd(tokens)
        cos, sin = self.cos[:length], self.sin[:length]  # pyright: ignore[reportIndexIssue]
        mask = None if separator is None else document_mask(tokens, separator)
        for block in self.blk:
            x = block(x, cos, sin, mask)
        return self.output_norm(x)

    def forward(self, tokens: Tensor, separator: int | None = None) -> Tensor:
        return F.linear(self.hidden(tokens, separator), self.token_embd.weight)

    def loss(self, tokens: Tensor, ignore: int, separator: int | None = None) -> Tensor:
        """Mean cross-entropy of each token after the first, `ignore` (padding) left out."""
        logits = self(tokens[:, :-1], separator).float()
        return F.cross_entropy(
            logits.flatten(0, 1), tokens[:, 1:].flatten().long(), ignore_index=ignore
        )


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position in neighbouring pairs: llama.cpp's order for this architecture."""
    even, odd = x[..., 0::2], x[..., 1::2]
    pairs = torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1)
    return pairs.flatten(-2).to(x.dtype)


def document_mask(tokens: Tensor, separator: int) -> Tensor:
    """Who may look at whom when samples that end in `separator` are packed into one block."""
    ends = tokens == separator
    # The end itself belongs to the sample it ends.
    sample = ends.cumsum(1) - ends.long()
    same = sample[:, :, None] == sample[:, None, :]
    length = tokens.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=tokens.device).tril()
    return (same & causal)[:, None]
