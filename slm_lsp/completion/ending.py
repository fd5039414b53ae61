"""Where a part of a line may end, so that it reads as something a person would write."""

from slm_context.languages import line_comment

from slm_lsp.completion.postprocess.brackets import opens_quote

# What these join stands on both sides of them.
JOINING = frozenset(".,#/\\-@&|+*=<~^%!?$")


class Endings:
    """Of `text`, behind `before` on its line. Read once, for whatever part is asked about.

    `language` is None where the cursor is in prose: there, quotes and comments say nothing.
    """

    def __init__(self, before: str, text: str, language: str | None) -> None:
        self._text, self._n_before = text, len(before)
        line = before + text
        marker = line_comment(language) if language is not None else ""
        quote = ""
        self._quotes = [""]  # the quote that is open behind so many characters
        # Where a comment begins behind code of the text; one of its own is what was meant.
        self._comment = len(line)
        for index, char in enumerate(line):
            if quote:
                if char == quote and line[index - 1] != "\\":
                    quote = ""
            elif marker and line.startswith(marker, index):
                if line[len(before) : index].strip():
                    self._comment = index
                marker, language = "", None  # all that follows is prose
            elif language is not None and opens_quote(line, index, language):
                quote = char
            self._quotes.append(quote)

    def is_good(self, end: int) -> bool:
        """Whether the first `end` characters of the text break off where nothing hangs in the air.

        Not behind a sign that joins, nor within a string or a comment that the text itself begins.
        """
        at = self._n_before + end
        if self._text[end - 1 : end] in JOINING or at > self._comment:
            return False
        return not self._quotes[at] or self._quotes[at] == self._quotes[self._n_before]
