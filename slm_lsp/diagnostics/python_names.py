"""Which names a Python file binds and reads, scope by scope, from its syntax tree."""

from collections.abc import Iterator

from tree_sitter import Node

from slm_lsp.diagnostics.python_bindings import Bindings
from slm_lsp.diagnostics.python_scopes import Names, Scope, text_of

FUNCTIONS = {"function_definition", "lambda"}


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


class _Collector(Bindings):
    """Opens a scope for each definition and comprehension."""

    def open_scope(self, node: Node, kind: str, parent: Scope) -> Scope:
        scope = Scope(node, kind, parent)
        self.names.scopes.append(scope)
        return scope

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

    def on_comprehension(self, node: Node, scope: Scope) -> None:
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

    on_list_comprehension = on_comprehension
    on_set_comprehension = on_comprehension
    on_dictionary_comprehension = on_comprehension
    on_generator_expression = on_comprehension


def _targets(node: Node) -> Iterator[Node]:
    """The identifiers that a parameter or a loop target binds."""
    if node.type == "identifier":
        yield node
    elif node.type not in ("attribute", "subscript", "type"):
        for child in node.named_children:
            yield from _targets(child)
            if node.type in ("typed_parameter", "default_parameter", "typed_default_parameter"):
                break
