"""What a document says besides the line that is being typed: it stays from key to key.

Parsing and querying a long file takes longer than everything else here, and what is typed on the
cursor's line, half a statement, would only disturb both.
"""

from collections import Counter
from dataclasses import dataclass

from slm_context.cursor import DocumentContext
from slm_context.expected import members_in
from slm_context.names import IDENTIFIER
from slm_context.remembered import Remembered
from slm_context.tags import FileTags
from slm_context.view import parsed

# Of the documents that are kept.
MAX_CHARS = 1_000_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A document around one of its lines: its tags, how often it uses which name, and members."""

    language: str | None
    before: str
    after: str
    tags: FileTags
    words: Counter[str]
    members: Counter[str]  # those of the names that stand behind a dot


class StandingTexts:
    """Keeps the last of each document."""

    def __init__(self) -> None:
        self._kept: Remembered[str, Standing] = Remembered(MAX_CHARS)

    def of(self, document: DocumentContext) -> Standing:
        """What stands around the cursor's line; its tags are from when the cursor came to it."""
        before = document.text[: document.line_start]
        after = document.text[document.offset + len(document.line_suffix) :]
        kept = self._kept.get(document.path)
        if (
            kept is None
            or kept.language != document.language
            or kept.before != before
            or kept.after != after
        ):
            language = document.language
            tags = parsed(document.text, language, document.path) if language else FileTags()
            words = Counter(IDENTIFIER.findall(document.text))
            members = members_in(before) + members_in(after)
            kept = Standing(language, before, after, tags, words, members)
            self._kept.put(document.path, kept, len(document.text))
        return kept
