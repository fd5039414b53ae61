"""What the server and the inference process say to each other.

Imported by both processes, so it may import the standard library only. How the messages
become bytes on a pipe is in `framing`.

    parent → child    Load, then any of Generate, Warm, Score, Cancel, Ping
    child → parent    Progress…, then Loaded or LoadFailed; then for each question Chunk… and
                      Done, or Scores, or Failed; a Pong for each Ping; Log at any time
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
    n_ctx: int  # tokens of one prompt and its answer together
    n_ctx_train: int
    n_vocab: int
    # FIM role ("pre", "mid", "suf", "pad", "rep", "sep", "eot") → the marker's text.
    fim_markers: dict[str, str] = field(default_factory=dict[str, str])
    can_shift: bool = False
    can_chat: bool = False  # it has a chat template that llama.cpp can fill in
    # Measured on this machine while loading; 0 when it was not.
    prefill_tokens_per_second: float = 0.0
    decode_tokens_per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """Parent → child, once, first. `safe_mode` avoids the code paths that crash some CPUs."""

    path: str
    sha256: str
    n_ctx: int
    n_threads: int
    safe_mode: bool = False
    # The markers of a template that was chosen by hand; each must be one token. Empty: the
    # model's own metadata names them.
    markers: tuple[str, ...] = ()
    debug: bool = False  # pass llama.cpp's own log on
    adapter: str = ""  # a LoRA adapter's file, "" for none
    adapter_scale: float = 1.0
    require_sandbox: bool = False  # refuse to load where the network is not taken away


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
    min_logprob: float | None = None  # stop behind the token that makes all of it less probable
    deadline_ms: float | None = None  # stop with what there is after so long
    # Token healing: the answer is made to begin with this text, which is then cut off. It is
    # what was taken off the prompt's prefix, back to a place where a token surely begins.
    heal: str = ""
    # What the answer may begin with, healed text included, and how many nats more each is worth.
    expected: tuple[tuple[str, float], ...] = ()
    # In place of segments: what was said, as (role, text), laid out by the model's own template.
    chat: tuple[tuple[str, str], ...] = ()
    # The only form that the answer may have, in llama.cpp's notation (GBNF); one candidate.
    grammar: str = ""
    # Where the prompt changed in its middle, move the cells of its end instead of evaluating
    # them again. Meant for prompts with the suffix after the prefix; nearly exact, not quite.
    shift: bool = False


@dataclass(frozen=True, slots=True)
class Warm:
    """Evaluate a prompt and generate nothing, so that the next request finds it in the cache."""

    id: int
    segments: tuple[tuple[str, bool], ...]
    shift: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """Log-probabilities of each candidate after the same prompt, in shared-prefix batches.

    A candidate's tokens are those it has by itself, as text behind a marker. No candidate sees
    another, and neither their order nor their number matters, but for what llama.cpp's own
    summing does (see the room's README). At most 1,024 tokens each, or `PromptTooLong`.
    """

    id: int
    segments: tuple[tuple[str, bool], ...]
    candidates: tuple[str, ...]
    with_end: bool = True  # add the log-probability that the text ends there, by any end token


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the question with this id; harmless when it is answered already."""

    id: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there? Answered at once by the child's reader, even while it decodes."""

    id: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the model is loaded, from 0 to 1."""

    fraction: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is ready, and `sandbox` says how the child gave up the network."""

    model: ModelInfo
    sandbox: str
    load_ms: float


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The model cannot be used. `kind` names the exception in `slm_lsp.errors`."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some generated text. `tokens` are (text, natural-log probability) pairs.

    The texts of the tokens, joined, are `text`. A token that ends inside a character has the
    text "", and the next one has the whole character.
    """

    id: int
    candidate: int
    text: str
    tokens: tuple[tuple[str, float], ...]


class EndReason(StrEnum):
    """Why generation stopped."""

    END = "end"  # the model's end-of-middle token
    STOP = "stop"  # a stop string, or the end of the line
    LENGTH = "length"  # n_predict
    CONFIDENCE = "confidence"  # min_logprob
    DEADLINE = "deadline"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Done:
    """The last message about a Generate or a Warm."""

    id: int
    reason: EndReason  # of the first candidate, where there are several
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


@dataclass(frozen=True, slots=True)
class Failed:
    """A question could not be answered. `kind` names the exception in `slm_lsp.errors`."""

    id: int
    kind: str
    message: str
    # For PromptTooLong only.
    n_tokens: int = 0
    n_room: int = 0


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to Ping. `n_steps` grows with every batch: a busy child that stays the same hangs.

    `busy` is False while the child waits for work.
    """

    id: int
    busy: bool
    n_steps: int


@dataclass(frozen=True, slots=True)
class Log:
    """A line for the server's log. `level` is a level of `logging`; never source text."""

    level: int
    message: str


Message = (
    Load | Generate | Warm | Score | Cancel | Ping
    | Progress | Loaded | LoadFailed | Chunk | Done | Scores | Failed | Pong | Log
)  # fmt: skip
