"""What the file itself says: how it goes on elsewhere behind the same words.

Code repeats itself more than prose does (Hindle et al. 2012; Hellendoorn and Devanbu 2017 count
n-grams of the open file). A small model that agrees with the file is far more often right than
one that does not, and the count costs less than a token.
"""

import re
from dataclasses import dataclass

from slm_context.cursor import DocumentContext

from slm_lsp.completion.names import word_before

# On either side of the cursor's line: near lines are more alike, and the time stays bounded.
REACH = 30_000
LONGEST_CONTEXT = 3
TOKEN = re.compile(r"\w+|[^\w\s]")
NEXT = r"\s*(\w+|[^\w\s])"
LINE_STARTS = re.compile(r"^\s*(\w+|[^\w\s])", re.M)


@dataclass(frozen=True, slots=True)
class Echo:
    """`share` of the places with the same `n_context` tokens before them go on as suggested.

    One place that does not is always assumed, so that a single one proves little.
    """

    n_context: int = 0
    share: float = 0.0


def echo(document: DocumentContext, text: str) -> Echo:
    """How the rest of the file continues what stands before the cursor, next to `text`."""
    before = document.line_prefix
    begun = word_before(before)
    head = TOKEN.search(begun + text)
    if head is None:
        return Echo()
    start = document.line_start
    others = f"{document.text[max(0, start - REACH) : start]}\n{document.next_lines[:REACH]}"
    context = TOKEN.findall(before[: len(before) - len(begun)])[-LONGEST_CONTEXT:]
    if not context:
        return _counted(LINE_STARTS.findall(others), begun, head.group(), 0)
    for n in range(len(context), 0, -1):
        found = re.findall(_behind(context[-n:]), others)
        if any(one.startswith(begun) for one in found):
            return _counted(found, begun, head.group(), n)
    return Echo()


def _counted(found: list[str], begun: str, head: str, n_context: int) -> Echo:
    possible = [one for one in found if one.startswith(begun)]
    return Echo(n_context, possible.count(head) / (len(possible) + 1))


def _behind(context: list[str]) -> str:
    """Matches the token that follows these ones."""
    words = (rf"{re.escape(one)}(?!\w)" if one[0].isalnum() else re.escape(one) for one in context)
    start = r"(?<!\w)" if context[0][0].isalnum() or context[0][0] == "_" else ""
    return start + r"\s*".join(words) + NEXT
