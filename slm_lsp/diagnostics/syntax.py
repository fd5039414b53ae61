"""Tier 0: syntax errors, and where they are.

Who is believed depends on the language. For Python the compiler in this process decides, and the
grammar helps to find the place. Most other grammars are believed (see `trust`); those of C, C++,
C#, Kotlin and Swift stumble over valid code (macros, new syntax), so there an error must also show
as a bracket without a partner, and must not have been there when the file was opened.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from slm_context.cursor import LINE_END, line_start
from slm_context.syntax import SyntaxTree

from slm_lsp.diagnostics.brackets import Bracket, Imbalance, expected_place, imbalances
from slm_lsp.diagnostics.lexical import OPAQUE, lexical_imbalances
from slm_lsp.diagnostics.python_verdict import Verdict, complaints, python_verdict
from slm_lsp.diagnostics.python_versions import is_newer
from slm_lsp.diagnostics.repair import Repair, squiggle_of
from slm_lsp.diagnostics.trust import is_believed
from slm_lsp.diagnostics.types import Edit, Finding, Related, Severity

RULE = "syntax"
BRACKETS = frozenset("()[]{}")
COMPOUND_OPENERS = ("%w(", "%i(", "#[")
COMPOUND = {"string", "comment", "char", "template", "regex", "character", "raw"}
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
            yield Finding(RULE, *squiggle_of(tree.text, gap), message, Severity.ERROR)
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
