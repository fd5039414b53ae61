"""What a filter is: a pure function from a suggestion to a better one, or to none."""

from collections.abc import Callable
from dataclasses import dataclass

from slm_context.cursor import DocumentContext
from slm_context.syntax import SyntaxTree
from slm_prompts import FimTemplate

from slm_lsp.completion.types import CompletionMode


@dataclass(frozen=True, slots=True)
class Draft:
    """A suggestion under way. `n_replaced` code points after the cursor are replaced by it."""

    text: str
    n_replaced: int = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a filter may look at besides the draft."""

    document: DocumentContext
    mode: CompletionMode
    template: FimTemplate
    # Of the document as it stands; None where there is no grammar.
    tree: SyntaxTree | None = None


Filter = Callable[[Draft, Surroundings], Draft | None]
