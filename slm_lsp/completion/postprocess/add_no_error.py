"""The splice check: with the suggestion in place, the file has no syntax error more than before.

Nearly half of a small model's wrong suggestions do not parse (SynConfRoute, arXiv 2605.04894),
and an incremental parse costs far less than decoding one token.
"""

import re
from dataclasses import replace

from slm_context.syntax import SyntaxTree, parse

from slm_lsp.completion.postprocess.filter import Draft, Surroundings

# Where a shorter suggestion may end: behind a bracket or a comma's element, never inside a word.
BOUNDARY = re.compile(r"[)\]}\"'\w](?=[\s,;)\]}])|[,;:{(\[](?=\s|$)")
MAX_TRIALS = 6


def add_no_error(draft: Draft, around: Surroundings) -> Draft | None:
    """Shorten the suggestion to its last boundary that parses; drop it when there is none.

    A line that is being typed is often broken already. So a suggestion must leave no more errors
    than the file has without that line; one that opens brackets for the next line may leave those
    that the line has now, provided that closing the brackets mends them.
    """
    document = around.document
    before = parse(document.text, document.language) if document.language else None
    if before is None:
        return draft
    n_before = len(before.errors())
    n_best = min(n_before, _errors_without_line(around, before))
    for shorter in _candidates(draft):
        after = document.suffix[shorter.n_replaced :]
        n_after = len(before.edited(document.prefix + shorter.text + after).errors())
        if n_after <= n_best:
            return shorter
        closers = _closers_of(shorter.text)
        if n_after <= n_before and closers:
            closed = document.prefix + shorter.text + closers + after
            if len(before.edited(closed).errors()) <= n_best:
                return shorter
    return None


def _closers_of(text: str) -> str:
    """What closes the brackets that `text` leaves open."""
    pairs = {"(": ")", "[": "]", "{": "}"}
    missing: list[str] = []
    for char in text:
        if char in pairs:
            missing.append(pairs[char])
        elif missing and char == missing[-1]:
            missing.pop()
    return "".join(reversed(missing))


def _errors_without_line(around: Surroundings, tree: SyntaxTree) -> int:
    """How many errors the file has without the line that is being typed."""
    document = around.document
    start = document.offset - len(document.line_prefix)
    end = document.offset + len(document.line_suffix)
    return len(tree.edited(document.text[:start] + document.text[end:]).errors())


def _candidates(draft: Draft) -> list[Draft]:
    """The draft itself, then shorter ones, longest first."""
    ends = [match.end() for match in BOUNDARY.finditer(draft.text)]
    ends = [end for end in reversed(ends) if end < len(draft.text)]
    shorter = [Draft(draft.text[:end].rstrip(), 0) for end in ends[:MAX_TRIALS]]
    return [draft, *(replace(one, n_replaced=0) for one in shorter)]
