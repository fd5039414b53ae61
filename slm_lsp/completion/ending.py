"""Where a part of a line may end, so that it reads as something a person would write."""

from slm_context.languages import line_comment

from slm_lsp.completion.postprocess.brackets import open_quote

# What these join stands on both sides of them.
JOINING = frozenset(".,#/\\-@&|+*=<~^%!?$")


def ends_well(before: str, text: str, language: str | None) -> bool:
    """Whether `text`, behind `before` on its line, breaks off where nothing hangs in the air.

    Not behind a sign that joins, nor within a string or a comment that the text itself begins.
    """
    if text[-1:] in JOINING:
        return False
    quote = open_quote(before + text, language)
    if quote and quote != open_quote(before, language):
        return False
    return not _begins_comment(before, text, language)


def _begins_comment(before: str, text: str, language: str | None) -> bool:
    """Whether a comment begins behind code of `text`: one of its own is what was meant."""
    marker = line_comment(language) if language is not None else ""
    if not marker:
        return False
    line, at = before + text, -1
    while (at := line.find(marker, at + 1)) >= 0:
        if not open_quote(line[:at], language):
            return bool(line[len(before) : at].strip())
    return False
