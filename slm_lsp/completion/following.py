"""Where a person will be after taking a suggestion."""

from collections.abc import Iterator
from dataclasses import replace

from slm_context.cursor import DocumentContext

from slm_lsp.completion.postprocess.fix_indentation import OPENS_BLOCK, indent_unit
from slm_lsp.completion.types import Completion


def documents_if_accepted(
    document: DocumentContext, completion: Completion
) -> Iterator[DocumentContext]:
    """The document with the whole suggestion taken; then with a new line begun behind it.

    Words and lines of the suggestion need nothing: its rest is known.
    """
    taken = _inserted(document, completion.text, completion.n_replaced)
    yield taken
    if not taken.only_closers_follow:
        return
    line = taken.line_prefix
    indent = taken.indent
    if OPENS_BLOCK.search(line):
        indent += indent_unit(taken.text)
    # Behind what stands there ahead: a new line is begun at the line's end.
    at_end = replace(taken, offset=taken.offset + len(taken.line_suffix))
    yield _inserted(at_end, taken.line_end + indent, 0)


def _inserted(document: DocumentContext, text: str, n_replaced: int) -> DocumentContext:
    return replace(
        document,
        text=document.prefix + text + document.suffix[n_replaced:],
        offset=document.offset + len(text),
    )
