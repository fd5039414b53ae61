"""What a statement or an expression binds and reads in the scope that it stands in."""

from tree_sitter import Node

from slm_lsp.diagnostics.python_scopes import Names, Scope, text_of

# What makes names appear that no binding shows.
OPAQUE_CALLS = {"exec", "eval", "globals", "locals", "vars", "execfile"}


class Bindings:
    """One walk over the tree. `block` visits children in `scope`; `bind` takes targets.

    `on_TYPE` is called for nodes of that type; what opens a scope of its own is in `python_names`.
    """

    def __init__(self, names: Names) -> None:
        self.names = names

    def block(self, node: Node, scope: Scope) -> None:
        for child in node.named_children:
            self.visit(child, scope)

    def visit(self, node: Node, scope: Scope) -> None:
        handler = getattr(self, f"on_{node.type}", None)
        if handler is not None:
            handler(node, scope)
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
