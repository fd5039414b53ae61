"""The odd spots of a change: where the model would rather read something else. A list to look
through before a commit, ranked, with reasons; nothing here is called a mistake.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from slm_context.syntax import SyntaxTree, parse

from slm_lsp.diagnostics.advice import in_words
from slm_lsp.diagnostics.judge import Judge, Place
from slm_lsp.diagnostics.semantics import HINTS, RULES, check_semantics
from slm_lsp.diagnostics.sites import sites
from slm_lsp.diagnostics.types import Edit, Finding, Fix, Severity

LOG = logging.getLogger("slm_lsp.diagnostics")

RULE = "odd-spot"
# Below this many nats the model is merely undecided.
MIN_NATS = 0.7
# What structural evidence is worth beside the model's opinion, in nats.
EVIDENCE_NATS = 3.0
# Each site is one evaluation of a prompt; a larger change is looked at from its start.
MAX_SITES = 400


@dataclass(frozen=True, slots=True)
class Odd:
    """One spot: where, how odd (nats, higher is odder), and what is said of it."""

    path: str
    text: str
    score: float
    finding: Finding


@dataclass(frozen=True, slots=True)
class Changed:
    """A file, and which of its lines (from 0) are new."""

    place: Place
    lines: frozenset[int]


async def odd_spots(changes: Iterable[Changed], judge: Judge, n: int = 5) -> list[Odd]:
    """The `n` oddest spots of a change, at most one a line."""
    best: dict[tuple[str, int], Odd] = {}
    n_left = MAX_SITES
    for change in changes:
        tree = parse(change.place.text, change.place.language)
        if tree is None:
            continue
        evidence = _evidence(tree, change)
        for site in sites(tree, change.lines):
            line = tree.text.count("\n", 0, site.start)
            if not n_left:
                LOG.warning(
                    "the change is long: from %s on nothing was looked at; name files, or take a "
                    "later revision with --diff",
                    f"{change.place.path}:{line + 1}",
                )
                return _oddest(best, n)
            n_left -= 1
            ratios = await judge.ratios(change.place, site.edits)
            scored = [
                (ratio + EVIDENCE_NATS * (edit in evidence), ratio, edit)
                for ratio, edit in zip(ratios, site.edits, strict=True)
            ]
            score, ratio, edit = max(scored, key=lambda one: one[0])
            if ratio < MIN_NATS:
                continue
            odd = Odd(
                change.place.path, tree.text, score, _finding(site.token, edit, ratio, evidence)
            )
            key = change.place.path, line
            if key not in best or best[key].score < score:
                best[key] = odd
    return _oddest(best, n)


def _oddest(best: dict[tuple[str, int], Odd], n: int) -> list[Odd]:
    return sorted(best.values(), key=lambda odd: -odd.score)[:n]


def _evidence(tree: SyntaxTree, change: Changed) -> dict[Edit, Finding]:
    """What the rules say of this file, the doubtful ones too, by the fix that they propose."""
    rules = {**RULES, **HINTS}
    found = check_semantics(tree, change.place.path, frozenset(), rules)
    return {fix.edit: finding for finding in found for fix in finding.fixes}


def _finding(token: str, edit: Edit, ratio: float, evidence: dict[Edit, Finding]) -> Finding:
    message = f"`{token}`, or `{edit.new_text}`? {in_words(ratio)}"
    if edit in evidence:
        message = f"{evidence[edit].message} {in_words(ratio)}"
    fix = Fix(f"Change to `{edit.new_text}`", edit)
    return Finding(RULE, edit.start, edit.end, message, Severity.HINT, (fix,))
