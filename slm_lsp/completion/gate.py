"""Whether to answer, and with how much text."""

import re
from collections.abc import Callable

from slm_context.cursor import DocumentContext, line_start
from slm_context.scope import opens_block
from slm_context.syntax import SyntaxTree

from slm_lsp.completion.postprocess.brackets import open_brackets
from slm_lsp.completion.postprocess.filter import columns
from slm_lsp.completion.types import (
    MAX_CHARS,
    MAX_LINE_CHARS,
    CompletionMode,
    SkipReason,
    Trigger,
)
from slm_lsp.globs import compiled
from slm_lsp.settings import Settings
from slm_lsp.workspace.secrets import is_secret_name

# The value of something that is named like a secret, being typed as a literal.
SECRET_VALUE = re.compile(
    r"""(?i)(pass(word|wd|phrase)|secret|api_?-?key|access_?-?key|private_?-?key|auth_?-?token"""
    r"""|bearer)\w*["']?\]?\s*(:=|=|:)\s*["'`][^"'`]*$"""
)
# A URL, an absolute path, a digest: what comes next is known to nobody but the person.
NOWHERE = re.compile(
    r"""["'`](?:[a-z][a-z0-9+.-]*://|/|[A-Za-z]:\\|\.{1,2}/)[^\s"'`]*$|["'`][0-9a-fA-F]{16,}$"""
)
# The name of a cell in a notebook.
CELL = re.compile(r"(\.ipynb)#[^/]*$")
# A line that opens a block: what follows is its body.
OPENS_BLOCK = re.compile(r"([:{(\[]|=>|->|\b(then|do|begin))\s*$")

# A head that may hold several statements, with no bracket around them.
HEADS_WITHOUT_BRACKETS = frozenset({"go", "bash", None})
HEAD = re.compile(r"\s*(?:\}\s*else\s+)?(?:if|elif|for|switch|while|until|select)\b[^{]*$")


def skip_reason(
    document: DocumentContext, trigger: Trigger, settings: Settings
) -> SkipReason | None:
    """Why there should be no suggestion here; None when there should be one.

    A person who asks gets an answer, except where privacy or the file's size forbids one, and
    in an empty file.
    """
    completion = settings.completion
    if not completion.enabled:
        return SkipReason.OFF
    # A cell is allowed what its notebook is.
    path = CELL.sub(r"\1", document.path)
    if is_secret_name(path.rsplit("/", 1)[-1]) or _matches(path, settings.privacy.exclude):
        return SkipReason.SECRET_FILE
    if len(document.text) > MAX_CHARS:
        return SkipReason.HUGE_FILE
    if not document.text.strip():
        return SkipReason.EMPTY_FILE
    if trigger is Trigger.INVOKED:
        return None
    # By the editor's name, and by ours: editors differ in theirs.
    if {document.language_id, document.language} & {*completion.disabled_languages}:
        return SkipReason.OFF
    if _matches(path, completion.disabled_globs):
        return SkipReason.OFF
    return _unwanted_at(document)


def _unwanted_at(document: DocumentContext) -> SkipReason | None:
    """Why nobody wants to see a suggestion here without having asked."""
    before, after = document.line_prefix, document.line_suffix
    if after[:1].isalnum() or after[:1] == "_":
        return SkipReason.MID_WORD
    if not document.only_closers_follow:
        return SkipReason.TEXT_AFTER_CURSOR
    if len(before) + len(after) > MAX_LINE_CHARS:
        return SkipReason.LONG_LINE
    if SECRET_VALUE.search(before):
        return SkipReason.SECRET_VALUE
    if NOWHERE.search(before):
        return SkipReason.NOWHERE
    if before.rstrip().endswith(";") and not after.strip() and not _goes_on(document):
        return SkipReason.FINISHED
    return None


def _goes_on(document: DocumentContext) -> bool:
    """Whether the line goes on behind its semicolon: in a head, or within brackets."""
    before = document.line_prefix
    if document.language in HEADS_WITHOUT_BRACKETS and HEAD.match(before):
        return True
    still_open = open_brackets(before, document.language)
    return bool(still_open) and before[still_open[-1]] != "{"


def mode_for(
    document: DocumentContext,
    settings: Settings,
    after_acceptance: bool = False,
    tree: Callable[[], SyntaxTree | None] = lambda: None,
) -> CompletionMode:
    """One line, except for the body of a block that was just opened, or after an acceptance.

    `tree` parses the document: only where a line above looks as if it opened a block.
    """
    if not settings.completion.multi_line or document.line_prefix.strip():
        return CompletionMode.LINE
    if document.line_suffix.strip():
        return CompletionMode.LINE
    if after_acceptance:
        return CompletionMode.BLOCK
    above = document.text[: document.line_start].rstrip()
    opener = above[line_start(above, len(above)) :]
    if not OPENS_BLOCK.search(opener):
        return CompletionMode.LINE
    parsed = tree()
    is_open = opens_block(parsed, len(above)) if parsed is not None else None
    if is_open is None:
        is_open = not _has_body(document, opener)
    return CompletionMode.BLOCK if is_open else CompletionMode.LINE


def _has_body(document: DocumentContext, opener: str) -> bool:
    """True when the next line with text is indented deeper than the line that opens the block."""
    following = (line for line in document.next_lines[:2000].splitlines() if line.strip())
    return columns(next(following, "")) > columns(opener)


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return bool(patterns) and compiled(patterns).match_file(path)
