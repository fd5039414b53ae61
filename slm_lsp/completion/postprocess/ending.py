"""Where a part of a line may end, so that it reads as something a person would write."""

import re

from slm_context.languages import line_comment

from slm_lsp.completion.postprocess.brackets import CLOSERS, PAIRS, opens_quote
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint, in_code

# What these join stands on both sides of them; a call or an index begins with the last two.
JOINING = frozenset(".,#/\\-@&|+*=<~^%!?$([")
PAIRED = ("::", "->")
# In prose nothing but these tells that something was begun: no tree looks for the other half.
QUOTING = frozenset('"`')

# In these, a plain string ends on its line.
ONE_LINE = frozenset(
    ("python", "javascript", "typescript", "tsx", "go", "java", "c", "cpp", "csharp")
)
# A regular expression of JavaScript may hold a quote.
REGEX = re.compile(r"/[^/]*['\"].*/")
# What begins a string that may hold its own quote, or in which a backslash says nothing.
VERBATIM = {"cpp": re.compile(r'\b(?:L|U|u8?)?R"'), "csharp": re.compile(r'@\$?"')}


def endings_of(text: str, around: InsertionPoint) -> "Endings":
    """Where a part of `text` may end at this place."""
    document = around.document
    language = document.language if around.once(in_code) else None
    return Endings(document.line_prefix, text, language)


def leaves_string_open(draft: Draft, around: InsertionPoint) -> bool:
    """Whether a string that the draft begins would go on below, where it cannot.

    The parser does not tell where the code around is broken already, as it is while one types.
    """
    document, text = around.document, draft.text
    if document.language not in ONE_LINE or "\n" in text or REGEX.search(text):
        return False
    if text.endswith("\\"):  # it goes on below, as C and Python allow
        return False
    line = document.line_prefix + text
    if not around.once(in_code) or any(3 * quote in line for quote in "\"'"):
        return False
    verbatim = VERBATIM.get(document.language)
    if verbatim is not None and verbatim.search(line):
        return False
    quote = endings_of(text, around).left_open
    return quote in ("'", '"') and quote not in document.line_suffix[draft.n_replaced :]


class Endings:
    """Of `text`, behind `before` on its line. Read once, for whatever part is asked about.

    `language` is None where the cursor is in prose: there, quotes and comments say nothing.
    """

    def __init__(self, before: str, text: str, language: str | None) -> None:
        self._text, self._n_before = text, len(before)
        self._line = line = before + text
        marker = line_comment(language) if language is not None else ""
        quote, escaped = "", False
        self._quotes = [""]  # the quote that is open behind so many characters
        # Where a comment begins behind code of the text; one of its own is what was meant.
        self._comment = len(line)
        self._prose = 0 if language is None else len(line)  # all that follows is prose
        # Whether, behind so many characters, a bracket of the text is open, or a head goes on.
        self._hanging = [False]
        open_at: list[int] = []
        for index, char in enumerate(line):
            if quote:
                if char == quote and not escaped:
                    quote = ""
                escaped = char == "\\" and not escaped
            elif marker and line.startswith(marker, index):
                if line[len(before) : index].strip():
                    self._comment = index
                marker, language, self._prose = "", None, index
            elif language is not None and opens_quote(line, index, language):
                quote = char
            elif char in CLOSERS:
                open_at.append(index)
            elif char in PAIRS and open_at:
                open_at.pop()
            self._quotes.append(quote)
            opener = open_at[-1] if open_at else len(line)
            in_head = ";" in line[max(len(before), opener) : index + 1]
            self._hanging.append(len(before) <= opener < index or in_head)

    @property
    def left_open(self) -> str:
        """The quote that the text opens and does not close, "" for none."""
        return "" if self._quotes[self._n_before] else self._quotes[-1]

    def is_good(self, end: int) -> bool:
        """Whether the first `end` characters of the text break off where nothing hangs in the air.

        Not behind a sign that joins or opens, nor within brackets, a string or a comment that the
        text itself begins, nor among the clauses of a loop's head.
        """
        at = self._n_before + end
        last = self._text[end - 1 : end]
        if last in JOINING or at > self._comment or self._hanging[at]:
            return False
        if any(self._text.startswith(PAIRED, one) for one in (max(0, end - 2), end - 1)):
            return False
        if at > self._prose:
            if last == "{" or (last in QUOTING and self._line.count(last, 0, at) % 2):
                return False
        return not self._quotes[at] or self._quotes[at] == self._quotes[self._n_before]
