"""Tier 1: the structural rules over the functions that changed, and which of them are on.

Each rule here passed the gate of 0.05 false alarms per 1,000 lines of clean code by its structure
alone (benchmarks/results/diagnostics.csv). Rules that need the model as a second key stay off
until a measured model passes the same gate.
"""

import hashlib
from collections.abc import Callable, Iterator

from slm_context.syntax import SyntaxTree
from tree_sitter import Node

from slm_lsp.diagnostics.dismissals import fingerprint
from slm_lsp.diagnostics.rules.identical_operands import identical_operands
from slm_lsp.diagnostics.rules.misspelt_name import misspelt_names
from slm_lsp.diagnostics.rules.repeated_condition import repeated_conditions
from slm_lsp.diagnostics.rules.swapped_arguments import swapped_arguments
from slm_lsp.diagnostics.suspicion import PythonFile, Suspicion
from slm_lsp.diagnostics.types import Finding, Fix, Severity

Rule = Callable[[PythonFile], Iterator[Suspicion]]

RULES: dict[str, Rule] = {
    "misspelt-name": misspelt_names,
    "identical-operands": identical_operands,
    "repeated-condition": repeated_conditions,
    "swapped-arguments": swapped_arguments,
}
# A file with more findings than this is of a kind that the rules do not understand.
MAX_FINDINGS = 10


def check_semantics(
    tree: SyntaxTree, path: str, known: frozenset[str], disabled: frozenset[str]
) -> list[Finding]:
    """Findings in the units (functions, top-level statements) that are not among `known`."""
    if tree.language != "python" or tree.has_errors:
        return []
    file = PythonFile(path, tree.text, tree)
    try:
        suspicions = [
            suspicion
            for name, rule in RULES.items()
            if name not in disabled
            for suspicion in rule(file)
        ]
    except RecursionError:  # an expression nested deeper than any person writes
        return []
    findings: list[Finding] = []
    for suspicion in suspicions:
        start, end = unit_around(tree, suspicion.start)
        unit = tree.text[start:end]
        if unit_hash(unit) not in known:
            mark = fingerprint(suspicion.rule, unit, suspicion.start - start)
            findings.append(_finding(suspicion, mark))
    return findings if len(findings) <= MAX_FINDINGS else []


def unit_hashes(tree: SyntaxTree) -> frozenset[str]:
    """Hashes of every unit of a document: what was there before the user changed anything."""
    return frozenset(unit_hash(tree.text[start:end]) for start, end in _units(tree))


def unit_hash(unit: str) -> str:
    code = "\n".join(line.rstrip() for line in unit.strip().splitlines())
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def unit_around(tree: SyntaxTree, offset: int) -> tuple[int, int]:
    """The innermost function, or else the statement of the class or module, around `offset`."""
    best = (0, len(tree.text))
    for start, end in _units(tree):
        if start <= offset < end and end - start <= best[1] - best[0]:
            best = (start, end)
    return best


def _units(tree: SyntaxTree) -> Iterator[tuple[int, int]]:
    pending: list[Node] = [tree.root]
    while pending:
        node = pending.pop()
        for child in node.named_children:
            if child.type in ("class_definition", "decorated_definition", "block"):
                pending.append(child)
            elif child.type == "function_definition":
                yield tree.span(child)
                pending.append(child)
            elif node.type == "module" or (
                node.type == "block"
                and node.parent is not None
                and node.parent.type == "class_definition"
            ):
                yield tree.span(child)


def _finding(suspicion: Suspicion, mark: str) -> Finding:
    fixes: tuple[Fix, ...] = ()
    if suspicion.edit is not None:
        fixes = (Fix(f"Change to `{suspicion.edit.new_text}`", suspicion.edit, preferred=True),)
    return Finding(
        suspicion.rule,
        suspicion.start,
        suspicion.end,
        suspicion.message,
        Severity.WARNING,
        fixes,
        suspicion.related,
        mark,
    )
