"""The quick fixes of a syntax error: where a repair may be, and which of those found to offer."""

import time
from collections.abc import Iterator
from dataclasses import replace

from slm_context.cursor import LINE_END, line_start
from slm_context.syntax import SyntaxTree

from slm_lsp.diagnostics.brackets import Imbalance, expected_place
from slm_lsp.diagnostics.mending import mends
from slm_lsp.diagnostics.repair import Repair, find_repairs, squiggle_of, titles_of
from slm_lsp.diagnostics.syntax import line_at
from slm_lsp.diagnostics.types import Finding, Fix, Related

# A second repair that is so much less likely, in nats, only makes the menu longer.
OUT_OF_THE_QUESTION = 6.0


def repairs_of(
    tree: SyntaxTree, finding: Finding, unbalanced: tuple[Imbalance, ...], limit: int = 2
) -> Iterator[Repair | None]:
    """Repairs of `finding`, cheapest first; None where a caller may pause."""
    text = tree.text
    lines = _suspect_lines(text, finding, unbalanced)
    return find_repairs(text, tree.language, finding.start, lines, mends(tree, finding), limit)


def first_repairs(
    tree: SyntaxTree, finding: Finding, unbalanced: tuple[Imbalance, ...], within_s: float = 0.8
) -> list[Repair]:
    """The repairs that are found within a time, where nobody waits for a key."""
    end = time.monotonic() + within_s
    found: list[Repair] = []
    for repair in repairs_of(tree, finding, unbalanced):
        if repair is not None:
            found.append(repair)
        if time.monotonic() > end:
            break
    return found


def with_fixes(text: str, finding: Finding, repairs: list[Repair]) -> Finding:
    """`finding` with at most two quick fixes, the first one preferred when it leads clearly.

    It stands where its first fix is: a parser stumbles only later.
    """
    repairs = [one for one in repairs[:2] if one.cost - repairs[0].cost < OUT_OF_THE_QUESTION]
    titles = titles_of(text, repairs)
    fixes = tuple(Fix(title, repair.edit) for title, repair in zip(titles, repairs, strict=False))
    if fixes:
        finding = _moved_to(text, finding, repairs[0])
    if fixes and (len(repairs) == 1 or repairs[1].cost - repairs[0].cost >= 1.0):
        fixes = (Fix(fixes[0].title, fixes[0].edit, preferred=True), *fixes[1:])
    return replace(finding, fixes=fixes)


def _suspect_lines(
    text: str, finding: Finding, unbalanced: tuple[Imbalance, ...]
) -> list[tuple[int, int]]:
    """The lines where the mistake may be, from start to end."""
    lines = [line_start(text, finding.start)]
    before = lines[0]
    while before > 0:
        before = line_start(text, before - 1)
        if line_at(text, before):
            lines.append(before)
            break
    lines.extend(line_start(text, one.offset) for one in unbalanced[:2])
    lines.extend(line_start(text, expected_place(text, one)) for one in unbalanced[:2])
    # Where an unclosed bracket's line goes on, its end may be on the next one.
    after = LINE_END.search(text, finding.start)
    if after:
        lines.append(after.end())
    ends = {start: LINE_END.search(text, start) for start in lines}
    return sorted((start, end.start() if end else len(text)) for start, end in ends.items())


def _moved_to(text: str, finding: Finding, repair: Repair) -> Finding:
    """The finding on the line of its likeliest repair: a parser stumbles only later."""
    start, end = squiggle_of(text, repair)
    if line_start(text, start) == line_start(text, finding.start):
        return finding
    here = Related(finding.start, finding.end, "the text stops making sense here")
    message = (
        f"`{repair.token}` is missing here."
        if repair.edit.new_text
        else f"`{repair.token}` is too much here."
    )
    related = finding.related or (here,)
    return replace(finding, start=start, end=end, message=message, related=related)
