"""E2 and E6: a local name where the code around it names another one.

Evidence alone is not enough for this rule: sites like these are legitimate five times out of
six in released code. The model holds the second key.
"""

from collections import Counter
from collections.abc import Iterator

from tree_sitter import Node

from slm_lsp.diagnostics.python_scopes import Scope, text_of
from slm_lsp.diagnostics.similar import confusable
from slm_lsp.diagnostics.suspicion import PythonFile, Suspicion
from slm_lsp.diagnostics.types import Edit, Related

RULE = "variable-misuse"
# Names whose reader does not expect them to be used, and names that say nothing.
EXEMPT = {"self", "cls", "args", "kwargs", "_", "__"}
# One forgotten name explains one wrong site, not a dozen: more readers, less evidence.
MAX_SITES = 3


def misused_variables(file: PythonFile) -> Iterator[Suspicion]:
    """Yield reads of one local where evidence points to another local of the same function."""
    for scope in file.names.scopes:
        if not file.looks_at(scope.node):
            continue
        if scope.kind == "function" and scope.node.type == "function_definition":
            if not _is_stub(scope.node):
                yield from _forgotten(file, scope)
                yield from _named_for_another(file, scope)


def _forgotten(file: PythonFile, scope: Scope) -> Iterator[Suspicion]:
    """E2: a local that nothing reads, and a confusable one that is read in its stead."""
    reads = _reads_within(file, scope)
    counts = Counter(text_of(node) for node in reads)
    for name, binders in scope.bound.items():
        if name in EXEMPT or name.startswith("_") or counts[name] or len(name) < 2:
            continue
        if name in scope.declared_elsewhere or _interface(scope, name):
            continue
        # A target that shares its statement with others is often there only to be skipped.
        if any(
            binder.parent is not None and binder.parent.type == "pattern_list" for binder in binders
        ):
            continue
        for other in scope.bound:
            if other == name or other in EXEMPT or not confusable(name, other):
                continue
            sites = [read for read in reads if text_of(read) == other]
            if 1 < len(sites) <= MAX_SITES + 1:
                for site in sites:
                    if not _own_definition(site, name):
                        yield _suspicion(file, site, name, binders[0], "E2", "is never used")


def _named_for_another(file: PythonFile, scope: Scope) -> Iterator[Suspicion]:
    """E6: `f(title=subtitle)` or `self.title = subtitle`, with a local called `title`."""
    for read in _reads_within(file, scope):
        role = _role(read)
        actual = text_of(read)
        if role is None or role == actual or role in EXEMPT or actual in EXEMPT:
            continue
        if role in scope.bound and actual in scope.bound and confusable(role, actual):
            reason = f"has the name of what it is given to, `{role}`"
            yield _suspicion(file, read, role, scope.bound[role][0], "E6", reason)


def _role(read: Node) -> str | None:
    """The keyword or attribute that a plain name is given to."""
    parent = read.parent
    if parent is None:
        return None
    if parent.type == "keyword_argument" and parent.child_by_field_name("value") == read:
        name = parent.child_by_field_name("name")
        return text_of(name) if name is not None else None
    if parent.type == "assignment" and parent.child_by_field_name("right") == read:
        left = parent.child_by_field_name("left")
        if left is not None and left.type == "attribute":
            attribute = left.child_by_field_name("attribute")
            return text_of(attribute).lstrip("_") if attribute is not None else None
    return None


def _suspicion(
    file: PythonFile, site: Node, meant: str, binder: Node, evidence: str, reason: str
) -> Suspicion:
    start, end = file.span(site)
    message = f"`{text_of(site)}` was probably meant to be `{meant}`: `{meant}` {reason}."
    related = Related(*file.span(binder), f"`{meant}` is defined here")
    return Suspicion(RULE, start, end, message, (evidence,), Edit(start, end, meant), (related,))


def _reads_within(file: PythonFile, scope: Scope) -> list[Node]:
    """Reads in a function, its comprehensions, lambdas and inner functions."""
    low, high = scope.node.start_byte, scope.node.end_byte
    return [
        read
        for other in file.names.scopes
        if low <= other.node.start_byte and other.node.end_byte <= high
        for read in other.reads
        if low <= read.start_byte < high
    ]


def _own_definition(site: Node, name: str) -> bool:
    """True where the forgotten name's own value is computed: `x2 = x1 + 1` reads x1 rightly."""
    parent: Node | None = site
    while parent is not None and parent.type not in ("block", "function_definition"):
        if parent.type in ("assignment", "augmented_assignment", "for_statement", "with_item"):
            left = parent.child_by_field_name("left")
            if left is not None and name in text_of(left):
                return True
        parent = parent.parent
    return False


def _interface(scope: Scope, name: str) -> bool:
    """Parameters of methods, callbacks and decorated functions may be there for the caller."""
    if name not in scope.parameters:
        return False
    parent = scope.node.parent
    decorated = parent is not None and parent.type == "decorated_definition"
    return decorated or (scope.parent is not None and scope.parent.kind != "module")


def _is_stub(function: Node) -> bool:
    body = function.child_by_field_name("body")
    return body is None or len([c for c in body.named_children if c.type != "comment"]) < 2
