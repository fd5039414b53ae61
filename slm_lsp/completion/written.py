"""What the model wrote, for the keystrokes that follow it, shown or not.

The likeliest answer behind its own beginning is its rest. So while what is typed follows an
answer, the model need not be asked again: not where the filters left nothing of the answer, nor
behind the part of it that it was sure of. The rest goes through the filters anew, since the file
is another one by then.
"""

from dataclasses import dataclass

from slm_context.cursor import DocumentContext

from slm_lsp.completion.asking import Answer
from slm_lsp.completion.kept_lines import KeptLines
from slm_lsp.completion.types import CompletionMode, Token, without


@dataclass(frozen=True, slots=True)
class Rest:
    """Of an answer. `typed` is how much of it was typed since."""

    tokens: tuple[Token, ...]
    typed: int


@dataclass(frozen=True, slots=True)
class _Written:
    """An answer behind `before`, the text of its line up to the cursor."""

    before: str
    tokens: tuple[Token, ...]
    mode: CompletionMode

    def rest(self, typed: str) -> Rest | None:
        whole = self.before + "".join(token.text for token in self.tokens)
        n_typed = len(typed) - len(self.before)
        # An answer that came to its end says nothing of what follows; nothing is an answer, too.
        if n_typed < 0 or not whole.startswith(typed) or n_typed == len(whole) - len(self.before):
            return Rest((), 0) if typed == whole == self.before else None
        return Rest(without(self.tokens, n_typed), n_typed)


class WrittenAnswers:
    """Finds answers of the model that lead through a position."""

    def __init__(self) -> None:
        self._kept = KeptLines[_Written]()

    def put(
        self, scope: str, document: DocumentContext, answer: Answer, mode: CompletionMode
    ) -> None:
        """What was cut off by its deadline, another question may bring to its end."""
        if answer.is_cut_off:
            return
        tokens = tuple(answer.candidates[0]) if answer.candidates else ()
        self._kept.put(scope, document, _Written(document.line_prefix, tokens, mode))

    def get(self, scope: str, document: DocumentContext, mode: CompletionMode) -> Rest | None:
        """The rest of the answer that was made last before the cursor."""
        if not document.only_closers_follow:
            return None
        for entries, typed in self._kept.at(scope, document):
            for entry in reversed(entries):
                if mode is CompletionMode.BLOCK and entry.mode is not CompletionMode.BLOCK:
                    continue
                rest = entry.rest(typed)
                if rest is not None:
                    return rest
        return None
