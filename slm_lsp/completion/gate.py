"""Whether to answer, and with how much text."""

import re
from fnmatch import fnmatch

from slm_context.cursor import DocumentContext

from slm_lsp.completion.types import CompletionMode, SkipReason, Trigger
from slm_lsp.settings import Settings

# Past this many characters a request is felt in every stage; such files are data or generated.
MAX_CHARS = 2_000_000
SECRETS = (
    *(".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".netrc", ".pgpass", ".npmrc", ".pypirc"),
    *("secrets.*", "credentials", "credentials.*", "*.ppk", "*.cert", "*.crt", "*.asc"),
)
# A line that opens a block: what follows is its body.
OPENS_BLOCK = re.compile(r"([:{(\[]|=>|->|\b(then|do|begin))\s*$")


def skip_reason(
    document: DocumentContext, trigger: Trigger, settings: Settings
) -> SkipReason | None:
    """Why there should be no suggestion here; None when there should be one.

    A person who asks gets an answer wherever the text can be read at all.
    """
    completion = settings.completion
    if not completion.enabled or document.language in completion.disabled_languages:
        return SkipReason.OFF
    if any(_matches(document.path, glob) for glob in completion.disabled_globs):
        return SkipReason.OFF
    if any(_matches(document.path, glob) for glob in (*SECRETS, *settings.privacy.exclude)):
        return SkipReason.SECRET_FILE
    if len(document.text) > MAX_CHARS:
        return SkipReason.HUGE_FILE
    if trigger is Trigger.INVOKED:
        return None
    if not document.text.strip():
        return SkipReason.EMPTY_FILE
    if document.line_suffix[:1].isalnum() or document.line_suffix[:1] == "_":
        return SkipReason.MID_WORD
    if not document.only_closers_follow:
        return SkipReason.TEXT_AFTER_CURSOR
    return None


def mode_for(document: DocumentContext, settings: Settings) -> CompletionMode:
    """One line, except for the body of a block that was just opened."""
    if not settings.completion.multi_line or document.line_prefix.strip():
        return CompletionMode.LINE
    before = document.prefix.rstrip()
    line = before.rsplit("\n", 1)[-1]
    if OPENS_BLOCK.search(line) and not _has_body(document, line):
        return CompletionMode.BLOCK
    return CompletionMode.LINE


def _has_body(document: DocumentContext, opener: str) -> bool:
    """True when the next line with text is indented deeper than the line that opens the block."""
    following = next((line for line in document.next_lines.splitlines() if line.strip()), "")
    return _indent(following) > _indent(opener)


def _indent(line: str) -> int:
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())


def _matches(path: str, glob: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return fnmatch(name, glob) or fnmatch(path, glob)
