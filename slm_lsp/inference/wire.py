"""What the server and the inference process say to each other.

Imported by both processes, so it may import the standard library only.
"""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a loaded model is. `parameters` counts weights; `n_ctx_train` is in tokens."""

    name: str
    path: str
    sha256: str
    architecture: str
    parameters: int
    quantization: str
    n_ctx: int
    n_ctx_train: int
    n_vocab: int
    # FIM role ("pre", "mid", "suf", "pad", "rep", "sep", "eot") → the marker's text.
    fim_markers: dict[str, str] = field(default_factory=dict[str, str])
    can_shift: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """Parent → child, once, first. `safe_mode` avoids the code paths that crash some CPUs."""

    path: str
    sha256: str
    n_ctx: int
    n_threads: int
    safe_mode: bool = False


@dataclass(frozen=True, slots=True)
class Generate:
    """Continue a prompt. Segments are (text, special) pairs, as `slm_prompts` renders them."""

    id: int
    segments: tuple[tuple[str, bool], ...]
    n_predict: int
    stop: tuple[str, ...] = ()
    single_line: bool = True
    n_candidates: int = 1
    temperature: float = 0.0  # 0 is greedy
    seed: int = 0
    min_mean_logprob: float | None = None  # stop early when the running mean falls below
    deadline_ms: float | None = None  # stop with what there is after so long


@dataclass(frozen=True, slots=True)
class Warm:
    """Evaluate a prompt and generate nothing, so that the next request finds it in the cache."""

    id: int
    segments: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Log-probabilities of each candidate after the same prompt, in one batch."""

    id: int
    segments: tuple[tuple[str, bool], ...]
    candidates: tuple[str, ...]
    with_end: bool = True  # add the log-probability of the end-of-middle token


@dataclass(frozen=True, slots=True)
class Cancel:
    id: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some generated text. `tokens` are (text, natural-log probability) pairs."""

    id: int
    candidate: int
    text: str
    tokens: tuple[tuple[str, float], ...]


class EndReason(StrEnum):
    """Why generation stopped."""

    END = "end"  # the model's end-of-middle token
    STOP = "stop"  # a stop string, or the end of the line
    LENGTH = "length"  # n_predict
    CONFIDENCE = "confidence"  # min_mean_logprob
    DEADLINE = "deadline"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Done:
    """The last message about a Generate or a Warm."""

    id: int
    reason: EndReason
    n_prompt: int  # tokens in the prompt
    n_evaluated: int  # of these, how many were not already in the cache
    n_predicted: int
    prefill_ms: float
    decode_ms: float


@dataclass(frozen=True, slots=True)
class Scores:
    """The answer to Score: one list of token log-probabilities a candidate."""

    id: int
    logprobs: tuple[tuple[float, ...], ...]
    n_evaluated: int
    elapsed_ms: float
