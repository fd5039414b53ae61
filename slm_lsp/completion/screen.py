"""The suggestion that a person sees, for as long as they type along it.

Under the eyes of who types along it, a suggestion neither changes nor goes: not when snippets were
chosen anew meanwhile, not when its rest is less sure than its beginning, not where the gate would
be silent, and not while the inference process is started again. Everything else is asked anew.
"""

from dataclasses import replace

from slm_context.cursor import CLOSERS, DocumentContext

from slm_lsp.completion.cache import Hit
from slm_lsp.completion.types import Completion, CompletionRequest, Trigger, without


class Screen:
    """Holds what was shown last, in whatever document."""

    def __init__(self) -> None:
        self._shown: tuple[CompletionRequest, Completion] | None = None

    def answered(self, request: CompletionRequest, completion: Completion | None) -> None:
        """Of a slip on its line, where nothing is shown, the way back is by deleting it."""
        if completion is not None:
            self._shown = request, completion
        elif self._shown is not None and not _on_one_line(self._shown[0], request):
            self._shown = None

    def rest(self, request: CompletionRequest) -> Hit | None:
        """What is left of it, if what was typed since leads to the same file.

        Nothing for who asks by hand: they want to know better.
        """
        if self._shown is None or request.trigger is Trigger.INVOKED:
            return None
        (asked, shown), document = self._shown, request.document
        if (asked.uri, asked.document.path) != (request.uri, document.path):
            return None
        # Of several that a person asked for by hand, they may be typing along any.
        choices = replace(shown, others=()), *shown.others
        rests = [_rest(one, asked.document, document) for one in choices]
        left = [one for one in rests if one is not None]
        if not left:
            return None
        typed = document.offset - asked.document.offset
        return Hit(replace(left[0], others=tuple(left[1:])), typed)

    def closed(self, uri: str) -> None:
        """The document is gone."""
        if self._shown is not None and self._shown[0].uri == uri:
            self._shown = None


def _on_one_line(one: CompletionRequest, other: CompletionRequest) -> bool:
    return (one.uri, one.document.line_start) == (other.uri, other.document.line_start)


def _rest(
    completion: Completion, shown_in: DocumentContext, document: DocumentContext
) -> Completion | None:
    """What of the completion is left in the document as it is now."""
    typed = document.offset - shown_in.offset
    if not 0 <= typed < len(completion.text):
        return None
    tail = shown_in.suffix[completion.n_replaced :]
    # Closers that the editor has typed ahead meanwhile go when the suggestion brings its own.
    n_replaced = len(document.suffix) - len(tail)
    if not 0 <= n_replaced <= len(document.line_suffix):
        return None
    if not CLOSERS.fullmatch(document.suffix[:n_replaced]):
        return None
    if document.prefix != shown_in.prefix + completion.text[:typed]:
        return None
    if document.suffix[n_replaced:] != tail:
        return None
    tokens = without(completion.tokens, typed)
    return replace(completion, text=completion.text[typed:], tokens=tokens, n_replaced=n_replaced)
