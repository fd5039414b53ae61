"""Which names a Python file binds and reads, scope by scope, from its syntax tree.

The scopes of the language reference (module, class, function, lambda, comprehension), lenient
where leniency costs no truth: a name that is bound anywhere in a visible scope counts as bound,
whatever the order, because a wrong "undefined" costs more than a missed one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node

FUNCTIONS = {"function_definition", "lambda"}
COMPREHENSIONS = {
    "list_comprehension",
    "set_comprehension",
    "dictionary_comprehension",
    "generator_expression",
}
# What makes names appear that no binding shows.
OPAQUE_CALLS = {"exec", "eval", "globals", "locals", "vars", "execfile"}


@dataclass(eq=False)
class Scope:
    """One scope: `bound` maps a name to the identifiers that bind it, `reads` in text order."""

    node: Node
    kind: str  # "module", "class", "function", "comprehension" or "annotation"
    parent: "Scope | None"
    bound: dict[str, list[Node]] = field(default_factory=dict)
    reads: list[Node] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    declared_elsewhere: set[str] = field(default_factory=set)  # global and nonlocal
    opaque: bool = False

    def visible(self) -> Iterator["Scope"]:
        """This scope and those whose names can be read from it, innermost first."""
        yield self
        scope, seen_function = self.parent, self.kind == "function"
        while scope is not None:
            # A class body's names are visible from annotations and (leniently: only the first
            # iterable may read them) comprehensions, but not from methods.
            if scope.kind != "class" or not seen_function:
                yield scope
            seen_function = seen_function or scope.kind in ("function", "class")
            scope = scope.parent

    def resolve(self, name: str) -> "Scope | None":
        return next((scope for scope in self.visible() if name in scope.bound), None)

    @property
    def function(self) -> "Scope":
        """The nearest function, class or module: where a walrus in a comprehension binds."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass
class Names:
    """All scopes of a file, the module's first."""

    scopes: list[Scope]
    star_import: bool = False
    module_getattr: bool = False
    # Names after a dot: a module may hand its namespace out by attribute.
    attributes: set[str] = field(default_factory=set)

    @property
    def module(self) -> Scope:
        return self.scopes[0]

    @property
    def opaque(self) -> bool:
        """True when names may exist that the text does not show."""
        return self.star_import or self.module_getattr or any(s.opaque for s in self.scopes)


def text_of(node: Node) -> str:
    return node.text.decode("utf-8", "replace") if node.text else ""


def python_names(root: Node) -> Names:
    """Collect bindings and reads below the `module` node `root`."""
    names = Names([Scope(root, "module", None)])
    for _ in collect_names(root, names):
        pass
    return names


def collect_names(root: Node, names: Names) -> Iterator[None]:
    """Fill `names`, a top-level statement a step."""
    collector = _Collector(names)
    for statement in root.named_children:
        collector.visit(statement, names.module)
        yield


class _Collector:
    """One walk over the tree. `block` visits children in `scope`; `bind` takes targets."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def open_scope(self, node: Node, kind: str, parent: Scope) -> Scope:
        scope = Scope(node, kind, parent)
        self.names.scopes.append(scope)
        return scope

    def block(self, node: Node, scope: Scope) -> None:
        for child in node.named_children:
            self.visit(child, scope)

    def visit(self, node: Node, scope: Scope) -> None:
        handler = getattr(self, f"on_{node.type}", None)
        if handler is not None:
            handler(node, scope)
        elif node.type in COMPREHENSIONS:
            self.comprehension(node, scope)
        else:
            self.block(node, scope)

    def field(self, node: Node, name: str, scope: Scope) -> None:
        child = node.child_by_field_name(name)
        if child is not None:
            self.visit(child, scope)

    def bind(self, node: Node, scope: Scope) -> None:
        """Bind every name in an assignment target; reads inside it stay reads."""
        if node.type == "identifier":
            name = text_of(node)
            target = scope.function if scope.kind == "comprehension" else scope
            if name in target.declared_elsewhere:
                target = self.names.module
            target.bound.setdefault(name, []).append(node)
        elif node.type in ("attribute", "subscript"):
            self.visit(node, scope)
        else:
            for child in node.named_children:
                self.bind(child, scope)

    # Reads.

    def on_identifier(self, node: Node, scope: Scope) -> None:
        scope.reads.append(node)

    def on_attribute(self, node: Node, scope: Scope) -> None:
        self.field(node, "object", scope)
        attribute = node.child_by_field_name("attribute")
        if attribute is not None:
            self.names.attributes.add(text_of(attribute))

    def on_keyword_argument(self, node: Node, scope: Scope) -> None:
        self.field(node, "value", scope)

    def on_call(self, node: Node, scope: Scope) -> None:
        function = node.child_by_field_name("function")
        if function is not None and function.type == "identifier":
            if text_of(function) in OPAQUE_CALLS:
                scope.opaque = True
        self.block(node, scope)

    # Definitions.

    def on_function_definition(self, node: Node, scope: Scope) -> None:
        name = node.child_by_field_name("name")
        if name is not None:
            self.bind(name, scope)
            if scope.kind == "module" and text_of(name) == "__getattr__":
                self.names.module_getattr = True
        # Type parameters and annotations live between the two scopes.
        annotations = self.open_scope(node, "annotation", scope)
        self._type_parameters(node, annotations)
        inner = self.open_scope(node, "function", scope)
        inner.bound.update(annotations.bound)
        self._parameters(node.child_by_field_name("parameters"), inner, scope, annotations)
        self.field(node, "return_type", annotations)
        body = node.child_by_field_name("body")
        if body is not None:
            self._declarations(body, inner)
            self.block(body, inner)

    def on_lambda(self, node: Node, scope: Scope) -> None:
        inner = self.open_scope(node, "function", scope)
        self._parameters(node.child_by_field_name("parameters"), inner, scope, scope)
        self.field(node, "body", inner)

    def on_class_definition(self, node: Node, scope: Scope) -> None:
        name = node.child_by_field_name("name")
        if name is not None:
            self.bind(name, scope)
        annotations = self.open_scope(node, "annotation", scope)
        self._type_parameters(node, annotations)
        bases = node.child_by_field_name("superclasses")
        if bases is not None:
            self.block(bases, annotations)
        inner = self.open_scope(node, "class", scope)
        inner.bound.update(annotations.bound)
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, inner)

    def _type_parameters(self, node: Node, annotations: Scope) -> None:
        parameters = node.child_by_field_name("type_parameters")
        if parameters is not None:
            # Their bounds get bound as well: lenient, and harmless.
            self.bind(parameters, annotations)

    def _parameters(
        self, node: Node | None, inner: Scope, outer: Scope, annotations: Scope
    ) -> None:
        for child in node.named_children if node is not None else ():
            default = child.child_by_field_name("value")
            annotation = child.child_by_field_name("type")
            if default is not None:
                self.visit(default, outer)
            if annotation is not None:
                self.visit(annotation, annotations)
            target = child.child_by_field_name("name") or child
            for identifier in _targets(target):
                name = text_of(identifier)
                inner.bound.setdefault(name, []).append(identifier)
                inner.parameters.append(name)

    def _declarations(self, body: Node, scope: Scope) -> None:
        """Hoist `global` and `nonlocal`, which act on the whole function."""
        pending = list(body.named_children)
        while pending:
            node = pending.pop()
            if node.type in ("global_statement", "nonlocal_statement"):
                scope.declared_elsewhere.update(text_of(child) for child in node.named_children)
            elif node.type not in FUNCTIONS and node.type != "class_definition":
                pending.extend(node.named_children)

    def comprehension(self, node: Node, scope: Scope) -> None:
        inner = self.open_scope(node, "comprehension", scope)
        for clause in node.named_children:
            left = clause.child_by_field_name("left")
            if clause.type == "for_in_clause" and left is not None:
                for identifier in _targets(left):
                    inner.bound.setdefault(text_of(identifier), []).append(identifier)
                for child in clause.named_children:
                    if child != left:
                        self.visit(child, inner)
            else:
                self.visit(clause, inner)

    # Bindings.

    def on_assignment(self, node: Node, scope: Scope) -> None:
        self.field(node, "type", scope)
        self.field(node, "right", scope)
        left = node.child_by_field_name("left")
        if left is not None:
            self.bind(left, scope)

    def on_augmented_assignment(self, node: Node, scope: Scope) -> None:
        left = node.child_by_field_name("left")
        if left is not None:
            self.visit(left, scope)
            if left.type == "identifier":
                self.bind(left, scope)
        self.field(node, "right", scope)

    def on_named_expression(self, node: Node, scope: Scope) -> None:
        self.field(node, "value", scope)
        name = node.child_by_field_name("name")
        if name is not None:
            self.bind(name, scope)

    def on_for_statement(self, node: Node, scope: Scope) -> None:
        left = node.child_by_field_name("left")
        if left is not None:
            self.bind(left, scope)
        for child in node.named_children:
            if child != left:
                self.visit(child, scope)

    def on_as_pattern(self, node: Node, scope: Scope) -> None:
        """`except E as name`, `with f() as name`, `case P as name`."""
        alias = node.child_by_field_name("alias")
        for child in node.named_children:
            if child == alias or (alias is None and child == node.named_children[-1]):
                self.bind(child, scope)
            else:
                self.visit(child, scope)

    def on_case_clause(self, node: Node, scope: Scope) -> None:
        for child in node.named_children:
            if child.type == "case_pattern":
                self.pattern(child, scope)
            else:
                self.visit(child, scope)

    def pattern(self, node: Node, scope: Scope) -> None:
        """Capture names bind; dotted names and class names read."""
        for child in node.named_children:
            if child.type == "identifier":
                self.bind(child, scope)
            elif child.type == "dotted_name":
                parts = child.named_children
                if len(parts) == 1 and node.type != "class_pattern":
                    self.bind(parts[0], scope)
                elif parts:
                    scope.reads.append(parts[0])
            else:
                self.pattern(child, scope)

    def on_import_statement(self, node: Node, scope: Scope) -> None:
        for child in node.children_by_field_name("name"):
            self._import(child, scope, dotted=True)

    def on_import_from_statement(self, node: Node, scope: Scope) -> None:
        if any(child.type == "wildcard_import" for child in node.named_children):
            self.names.star_import = True
        for child in node.children_by_field_name("name"):
            self._import(child, scope, dotted=False)

    on_future_import_statement = on_import_from_statement

    def _import(self, node: Node, scope: Scope, *, dotted: bool) -> None:
        alias = node.child_by_field_name("alias")
        if alias is not None:
            self.bind(alias, scope)
        elif node.type == "dotted_name" and node.named_children:
            self.bind(node.named_children[0 if dotted else -1], scope)

    def on_global_statement(self, node: Node, scope: Scope) -> None:
        for child in node.named_children:
            self.names.module.bound.setdefault(text_of(child), []).append(child)

    def on_nonlocal_statement(self, node: Node, scope: Scope) -> None:
        """Hoisted by `_declarations`; its names are neither read nor bound here."""

    def on_type_alias_statement(self, node: Node, scope: Scope) -> None:
        for child in node.named_children[:1]:
            self.bind(child, scope)
        for child in node.named_children[1:]:
            self.visit(child, scope)

    def on_delete_statement(self, node: Node, scope: Scope) -> None:
        self.block(node, scope)

    def on_print_statement(self, node: Node, scope: Scope) -> None:
        self.names.module.opaque = True  # Python 2: another language

    on_exec_statement = on_print_statement


def _targets(node: Node) -> Iterator[Node]:
    """The identifiers that a parameter or a loop target binds."""
    if node.type == "identifier":
        yield node
    elif node.type not in ("attribute", "subscript", "type"):
        for child in node.named_children:
            yield from _targets(child)
            if node.type in ("typed_parameter", "default_parameter", "typed_default_parameter"):
                break
