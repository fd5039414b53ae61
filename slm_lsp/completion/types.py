"""What goes through the completion pipeline: plain frozen values, no LSP, no model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from slm_context.cursor import DocumentContext


class Trigger(StrEnum):
    """Who asked: the editor after a keystroke, or the person by a key binding."""

    AUTOMATIC = "automatic"
    INVOKED = "invoked"


class CompletionMode(StrEnum):
    """How much text is wanted at this place."""

    LINE = "line"
    BLOCK = "block"


class Source(StrEnum):
    """Who made a suggestion, and what was known then. Each has promises of its own."""

    WRITTEN = "written"  # by the model
    COPIED = "copied"  # from the file, before the model was asked
    COMPARED = "compared"  # from the file, beside what the model wrote


# Past this many characters a request is felt in every stage; such files are data or generated.
MAX_CHARS = 2_000_000
# Minified code has lines that nobody types.
MAX_LINE_CHARS = 2_000


class SkipReason(StrEnum):
    """Why nothing was asked of the model. The value is what `slm.explain` prints."""

    OFF = "completion is switched off here"
    NOT_READY = "the model is not ready"
    SECRET_FILE = "the file looks like it holds secrets"
    HUGE_FILE = f"the file has more than {MAX_CHARS:,} characters; smaller ones get suggestions"
    MID_WORD = "the cursor is in the middle of a word"
    TEXT_AFTER_CURSOR = "there is more than closing brackets after the cursor"
    LONG_LINE = f"the line has more than {MAX_LINE_CHARS:,} characters; break it, or ask by hand"
    SECRET_VALUE = "a secret is being typed"
    NOWHERE = "the cursor is in a path, an address or a digest that only you know"
    FINISHED = "the line is finished"
    EMPTY_FILE = "there is nothing to go by"
    SUPERSEDED = "a newer request replaced this one"
    CANCELLED = "the editor cancelled the request"
    MODEL_FAILED = "the model failed; see the log"
    UNSURE = "it is probably not what you are about to type"
    NO_GAIN = "reading it would take longer than what it probably saves"
    NOTHING_LEFT = "the filters left nothing worth showing"
    TOO_LATE = "the model read until the deadline: this machine was busy, or is slow for this model"


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One question from the editor. `document` is frozen: it is what the user saw."""

    uri: str
    version: int
    document: DocumentContext
    trigger: Trigger
    # What the editor's own popup has selected, and would insert; "" when there is none.
    selected_text: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """One generated token. `logprob` is natural logarithm."""

    text: str
    logprob: float


def without(tokens: Sequence[Token], typed: int) -> tuple[Token, ...]:
    """The tokens behind the first `typed` characters; of one that is begun, its rest."""
    for index, token in enumerate(tokens):
        if typed < len(token.text):
            return Token(token.text[typed:], token.logprob), *tokens[index + 1 :]
        typed -= len(token.text)
    return ()


@dataclass(frozen=True, slots=True)
class Precedent:
    """What speaks for a suggestion that was copied, not written by the model; see `copying`."""

    n_context: int  # so many words before it were the same
    n_times: int  # so often it went on like this
    in_file: bool  # in the same file, not in others


@dataclass(frozen=True, slots=True)
class Completion:
    """Text to insert at the cursor, replacing `n_replaced` code points after it."""

    text: str
    tokens: tuple[Token, ...] = ()
    n_replaced: int = 0
    # How many code points after the cursor the suggestion already accounts for, such as
    # a closing bracket that the editor typed: they are replaced by the suggestion's own.
    probability: float = 1.0
    # That it begins right; see `show`.
    gain_s: float = 0.0
    # Seconds that showing it is expected to save.
    is_part: bool = False
    # The model wrote more, and was less sure of it; see `confident`.
    precedent: Precedent | None = None
    # Where it was copied from; None where the model wrote it.
    n_asked: int = 1
    # For how many candidates the model was asked.
    others: "tuple[Completion, ...]" = ()
    # Further suggestions for the same place, best first; only where a person asked by hand.


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one post-processing filter did to a completion."""

    filter: str
    before: str
    after: str | None  # None: the filter dropped the completion

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(slots=True)
class Explanation:
    """Everything `slm.explain` tells about one request. Filled in as the request proceeds."""

    uri: str
    version: int
    trigger: Trigger
    mode: CompletionMode | None = None
    prompt: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    snippets: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    left_out: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    # The likeliest of the names that may come, with what they are worth in nats.
    expected: list[str] = field(default_factory=list[str])
    raw: str = ""
    verdicts: list[Verdict] = field(default_factory=list[Verdict])
    skip_reason: SkipReason | None = None
    from_cache: bool = False
    copied: bool = False
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])
    probability: float | None = None
    gain_s: float | None = None
    unknown_names: list[str] = field(default_factory=list[str])
    features: dict[str, float] = field(default_factory=dict[str, float])
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def took(self, part: str, seconds: float) -> None:
        """How long a part of the request took."""
        self.timings_ms[part] = round(seconds * 1000, 3)

    def take(self, other: "Explanation") -> None:
        """What `other` tells about how its suggestion came about."""
        self.raw, self.copied, self.verdicts = other.raw, other.copied, other.verdicts
        self.unknown_names, self.features = other.unknown_names, other.features
        self.probability, self.gain_s = other.probability, other.gain_s

    def tell_again(self, rest: Completion) -> None:
        """This is the rest of what is known, as it was promised when it was made."""
        self.from_cache, self.raw, self.copied = True, rest.text, rest.precedent is not None
        self.probability, self.gain_s = round(rest.probability, 4), round(rest.gain_s, 3)
