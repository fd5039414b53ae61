"""Tier 0: syntax errors, where they are, and repairs that parse.

Who is believed depends on the language. For Python the compiler in this process decides, and the
grammar helps to find the place. Most other grammars are believed (see `trust`); those of C, C++,
C#, Kotlin and Swift stumble over valid code (macros, new syntax), so there an error must also show
as a bracket without a partner, and must not have been there when the file was opened.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from slm_context.cursor import LINE_END, line_start
from slm_context.syntax import SyntaxTree

from slm_lsp.diagnostics.brackets import Bracket, Imbalance, expected_place, imbalances
from slm_lsp.diagnostics.lexical import OPAQUE, lexical_imbalances
from slm_lsp.diagnostics.mending import mends
from slm_lsp.diagnostics.python_verdict import Verdict, complaints, python_verdict
from slm_lsp.diagnostics.python_versions import is_newer
from slm_lsp.diagnostics.repair import TOKEN, Repair, find_repairs, titles_of, tokens_before
from slm_lsp.diagnostics.trust import is_believed
from slm_lsp.diagnostics.types import Edit, Finding, Fix, Related, Severity

RULE = "syntax"
BRACKETS = frozenset("()[]{}")
COMPOUND_OPENERS = ("%w(", "%i(", "#[")
COMPOUND = {"string", "comment", "char", "template", "regex", "character", "raw"}
# A second repair that is so much less likely, in nats, only makes the menu longer.
OUT_OF_THE_QUESTION = 6.0
# One mistake makes many echoes below it.
MAX_FINDINGS = 5


@dataclass(frozen=True, slots=True)
class SyntaxReport:
    """The findings, and what a repair search needs to know."""

    findings: tuple[Finding, ...]
    unbalanced: tuple[Imbalance, ...]


def syntax_steps(
    tree: SyntaxTree, known: frozenset[str], compiled: set[str]
) -> Iterator[SyntaxReport | None]:
    """The same as `check_syntax`, last, with None where a caller may pause.

    Python that the grammar accepts is compiled by statement, and only what is not known to compile.
    """
    if tree.language == "python" and not tree.has_errors:
        refused = False
        for refused in complaints(tree, compiled):
            yield None
            if refused:
                break
        if not refused:
            yield SyntaxReport((), ())
            return
    yield check_syntax(tree, known)


def check_syntax(tree: SyntaxTree, known: frozenset[str] = frozenset()) -> SyntaxReport:
    """The syntax errors of a document; `known` are lines that were wrong when it was opened."""
    text, language = tree.text, tree.language
    if language == "python":
        verdict = python_verdict(text)
        believed = verdict is not None and (verdict.timeless or tree.has_errors)
        believed = believed and not is_newer(tree)
        findings = (_from_compiler(verdict),) if verdict is not None and believed else ()
        return SyntaxReport(findings, _unbalanced(tree) if findings else ())
    if not tree.has_errors:
        return SyntaxReport((), ())
    unbalanced = _unbalanced(tree)
    believed = is_believed(tree)
    if not believed and (language not in OPAQUE or not unbalanced):
        return SyntaxReport((), ())
    findings = tuple(_from_grammar(tree, unbalanced))
    if not believed:
        findings = tuple(one for one in findings if line_at(text, one.start) not in known)
    return SyntaxReport(findings[:MAX_FINDINGS], unbalanced)


def wrong_lines(tree: SyntaxTree) -> frozenset[str]:
    """The lines of a document that its grammar does not accept, to be forgiven from then on."""
    return frozenset(line_at(tree.text, error.start) for error in tree.errors())


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


def line_at(text: str, offset: int) -> str:
    """The line that holds `offset`, without white space around it."""
    start = line_start(text, offset)
    end = LINE_END.search(text, offset)
    return text[start : end.start() if end else len(text)].strip()


def _from_compiler(verdict: Verdict) -> Finding:
    message = verdict.message[:1].upper() + verdict.message[1:]
    return Finding(RULE, verdict.start, verdict.end, message, Severity.ERROR)


def _from_grammar(tree: SyntaxTree, unbalanced: tuple[Imbalance, ...]) -> Iterator[Finding]:
    """A bracket without a partner says more than the place where the parser gave up."""
    if unbalanced:
        yield _from_bracket(tree.text, unbalanced[0])
        return
    last_line = -1
    for error in tree.errors():
        start = line_start(tree.text, error.start)
        if start == last_line:
            continue
        last_line = start
        end = max(error.end, min(error.start + 1, len(tree.text)))
        line_end = LINE_END.search(tree.text, error.start)
        end = min(end, line_end.start()) if line_end else end
        if error.missing:
            message = f"`{error.kind}` is missing here"
            gap = Repair(Edit(error.start, error.start, ""), error.kind, 0.0)
            yield Finding(RULE, *_seen(tree.text, gap), message, Severity.ERROR)
        else:
            found = tree.text[error.start : end].strip().split("\n")[0][:40]
            message = f"Unexpected `{found}`" if found else "Unexpected end of the line"
            yield Finding(RULE, error.start, max(error.start, end), message, Severity.ERROR)


def _from_bracket(text: str, one: Imbalance) -> Finding:
    """On the line where the partner belongs; the bracket itself is the evidence."""
    bracket, place = text[one.offset], expected_place(text, one)
    line = text.count("\n", 0, one.offset) + 1
    same_line = line_start(text, place) == line_start(text, one.offset)
    message = (
        f"`{bracket}` is never closed: `{one.missing}` is missing"
        if bracket in "([{"
        else f"`{bracket}` closes nothing: there is no `{one.missing}` before it"
    )
    if same_line:
        return Finding(RULE, one.offset, one.offset + 1, f"{message}.", Severity.ERROR)
    # Squiggle the last token before the place: a place itself cannot be seen.
    end = len(text[:place].rstrip())
    if line_start(text, place) > end:  # a line of white space: that is what can be seen
        start, end = line_start(text, place), place
    else:
        start = max(end - 1, 0)
    related = Related(one.offset, one.offset + 1, f"`{bracket}` stands here")
    verb = "close" if bracket in "([{" else "open"
    message = f"`{one.missing}` is missing here, to {verb} `{bracket}` on line {line}."
    return Finding(RULE, start, end, message, Severity.ERROR, (), (related,))


def _unbalanced(tree: SyntaxTree) -> tuple[Imbalance, ...]:
    found = lexical_imbalances(tree.text, tree.language)
    return tuple(imbalances(tree.text, _brackets(tree)) if found is None else found)


def _brackets(tree: SyntaxTree) -> list[Bracket]:
    """The brackets of the code itself, not those in strings and comments, in text order."""
    found: list[Bracket] = []
    pending = [tree.root]
    while pending:
        node = pending.pop()
        kind = node.type[-1] if node.type in COMPOUND_OPENERS else node.type
        if kind in BRACKETS and not node.is_missing:
            start, _ = tree.span(node)
            found.append(Bracket(start, kind))
        elif not any(word in node.type for word in COMPOUND):
            pending.extend(reversed(node.children))
        elif node.child_count:
            # Code inside a string (f"{x}") brings its brackets in pairs.
            pending.extend(c for c in reversed(node.children) if c.is_named and c.child_count)
    return sorted(found, key=lambda bracket: bracket.offset)


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
    start, end = _seen(text, repair)
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


def _seen(text: str, repair: Repair) -> tuple[int, int]:
    """What to underline for a repair: a place itself cannot be seen, the token beside it can."""
    edit = repair.edit
    if edit.end > edit.start:
        return edit.start + (text[edit.start] == " "), edit.end
    before = tokens_before(text, edit.start)
    if before:
        return before[-1].span()
    after = LINE_END.search(text, edit.start)
    token = TOKEN.search(text, edit.start, after.start() if after else len(text))
    return token.span() if token else (line_start(text, edit.start), edit.start)
