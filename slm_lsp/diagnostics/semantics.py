"""Tier 1: the structural rules over the functions that changed, and which of them are on.

Each rule here passed the gate of 0.05 false alarms per 1,000 lines of clean code by its structure
alone (benchmarks/results/diagnostics.csv). Rules that need the model as a second key stay off
until a measured model passes the same gate.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping

from slm_context.syntax import SyntaxTree
from tree_sitter import Node

from slm_lsp.diagnostics.dismissals import Dismissals, fingerprint
from slm_lsp.diagnostics.python_names import collect_names
from slm_lsp.diagnostics.python_scopes import Names, Scope
from slm_lsp.diagnostics.rules.copy_paste import forgotten_renames
from slm_lsp.diagnostics.rules.identical_operands import identical_operands
from slm_lsp.diagnostics.rules.misspelt_name import misspelt_names
from slm_lsp.diagnostics.rules.repeated_condition import repeated_conditions
from slm_lsp.diagnostics.rules.swapped_arguments import swapped_arguments
from slm_lsp.diagnostics.rules.variable_misuse import misused_variables
from slm_lsp.diagnostics.rules.wrong_operator import wrong_operators
from slm_lsp.diagnostics.suspicion import PythonFile, Suspicion
from slm_lsp.diagnostics.types import Finding, Fix, Severity
from slm_lsp.settings import DiagnosticsSettings

Rule = Callable[[PythonFile], Iterator[Suspicion]]

RULES: dict[str, Rule] = {
    "misspelt-name": misspelt_names,
    "identical-operands": identical_operands,
    "repeated-condition": repeated_conditions,
    "swapped-arguments": swapped_arguments,
    "wrong-operator": wrong_operators,
}
# Rules that the model must agree with, shown as hints to those who turn hints on.
HINTS: dict[str, Rule] = {
    "variable-misuse": misused_variables,
    "copy-paste": forgotten_renames,
}
# What holds units. A function is one, and holds others.
CONTAINERS = {"module", "class_definition", "decorated_definition", "block", "function_definition"}
# What the other units stand in: modules, and the bodies of classes.
STATEMENTS_OF = {("module", ""), ("block", "class_definition")}
# A file with more findings than this is of a kind that the rules do not understand.
MAX_FINDINGS = 10


def wanted_rules(
    rules: Mapping[str, Rule], settings: DiagnosticsSettings, dismissals: Dismissals
) -> dict[str, Rule]:
    """Those of `rules` that neither the settings nor this machine's dismissals turned off."""
    return {
        name: rule
        for name, rule in rules.items()
        if name not in settings.disabled_rules and not dismissals.turned_off(name)
    }


def check_semantics(
    tree: SyntaxTree, path: str, known: frozenset[str], rules: Mapping[str, Rule] = RULES
) -> list[Finding]:
    """Findings in the units (functions, top-level statements) that are not among `known`."""
    return [finding for finding in semantic_steps(tree, path, known, rules) if finding is not None]


def semantic_steps(
    tree: SyntaxTree, path: str, known: frozenset[str], rules: Mapping[str, Rule]
) -> Iterator[Finding | None]:
    """The same, with None where a caller may pause."""
    if tree.language != "python" or tree.has_errors or not rules:
        return
    changed = _changed_units(tree, known)
    if not changed:
        return
    names = Names([Scope(tree.root, "module", None)])
    file = PythonFile(path, tree.text, tree, names, changed)
    findings: list[Finding] = []
    try:
        for _ in collect_names(tree.root, names):
            yield None
        for rule in rules.values():
            for suspicion in rule(file):
                finding = _new_finding(tree, suspicion, known)
                findings += [finding] if finding is not None else []
                if len(findings) > MAX_FINDINGS:
                    return
                yield None
            yield None
    except RecursionError:  # an expression nested deeper than any person writes
        return
    yield from findings


def _changed_units(tree: SyntaxTree, known: frozenset[str]) -> tuple[Node, ...]:
    """The outermost functions and statements whose text is not known."""
    changed: list[Node] = []
    for node in _unit_nodes(tree):
        if changed and changed[-1].end_byte >= node.end_byte:
            continue
        start, end = tree.span(node)
        if unit_hash(tree.text[start:end]) not in known:
            changed.append(node)
    return tuple(changed)


def _new_finding(tree: SyntaxTree, suspicion: Suspicion, known: frozenset[str]) -> Finding | None:
    start, end = unit_around(tree, suspicion.start)
    unit = tree.text[start:end]
    if unit_hash(unit) in known:
        return None
    return _finding(suspicion, fingerprint(suspicion.rule, unit, suspicion.start - start))


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
    return (tree.span(node) for node in _unit_nodes(tree))


def _unit_nodes(tree: SyntaxTree) -> Iterator[Node]:
    """Functions, and the other statements of modules and classes, in text order."""
    # Each with the types of what it stands in: `node.parent` looks for it among all of the file.
    pending: list[tuple[Node, str, str]] = [(tree.root, "", "")]
    while pending:
        node, parent, grandparent = pending.pop()
        kind = node.type
        if kind == "function_definition":
            yield node
        elif kind not in CONTAINERS and (parent, grandparent) in STATEMENTS_OF:
            yield node
        if kind in CONTAINERS:
            pending.extend((child, kind, parent) for child in reversed(node.named_children))


def _finding(suspicion: Suspicion, mark: str) -> Finding:
    fixes: tuple[Fix, ...] = ()
    if suspicion.edit is not None:
        fixes = (Fix(f"Change to `{suspicion.edit.new_text}`", suspicion.edit, preferred=True),)
    return Finding(
        suspicion.rule,
        suspicion.start,
        suspicion.end,
        suspicion.message,
        Severity.HINT if suspicion.rule in HINTS else Severity.WARNING,
        fixes,
        suspicion.related,
        mark,
    )
