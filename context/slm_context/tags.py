"""Definitions and imports of one file, by a tree-sitter query for each language.

The queries in `queries/<language>.scm` capture the node of a definition by its kind, its name as
`@name`, and import statements as `@import`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

from tree_sitter import Node, Parser, Query, QueryCursor

from slm_context.imports import Import, read_import
from slm_context.languages import grammar
from slm_context.syntax import with_line_ends

# A signature is shown to a model that has little room; what is longer is cut.
MAX_SIGNATURE = 300
MAX_DOC = 120
# A class of so many bytes is its own signature: a struct's fields say more than its name.
MAX_WHOLE = 240
STRUCTS = frozenset({"go", "rust", "typescript", "tsx", "c", "cpp"})
# Generated tables have a hundred thousand; nobody completes names from them.
MAX_DEFINITIONS = 4_000
# Where methods may stand outside of what they are of.
OWNERS = frozenset({"go", "rust", "javascript", "typescript", "tsx"})
NO_KINDS = frozenset({"name", "require"})
BODIES = ("body", "block", "class_body", "field_declaration_list", "declaration_list")
# What is so called is kept without its value.
SECRET = re.compile(r"(?i)secret|passw|token|api_?key|private_?key|credential")
QUOTED = r""""{3}[\s\S]+?"{3}|"(?:[^"\\]|\\.)+"?|'(?:[^'\\]|\\.)+'?|`[^`]+`?"""
# Where nothing is written out, as in `token: Token`, there is nothing to hide.
LITERAL = re.compile(r"""["'`%]|<<|\b\d""")
VALUE = re.compile(r"""[={("'`]|\bby\b""")
DEFAULT = re.compile(rf"((?:{SECRET.pattern[4:]})[^,=\"'`]*=[^,\"'`]*?)(?:{QUOTED})", re.IGNORECASE)
DATA = frozenset({"constant", "type", "field", "base"})
# Shown with what they hold, though what uses them takes them for functions.
HOLDERS = frozenset({"property_declaration", "preproc_function_def", "macro_definition"})
# `(c *Context)`, `(m Map[K, V])`, `Router<S>`, `&'a mut T`: the type's own name.
OWNER = re.compile(rb"(?:^\(\s*(?:\w+\s+)?|^[&*\s]*(?:'\w+\s+)?(?:mut\s+)?(?:\w+::)*)\*?(\w+)")
SPACE = re.compile(r"\s*\n\s*")


class Definition(NamedTuple):
    """Something that has a name. Lines count from 0; `scope` is the class around it, or "".

    A tuple, since hundreds of thousands are made, and handed from process to process.
    """

    name: str
    kind: str  # "function", "method", "class", "constant", "type", "field" or "base"
    scope: str
    start_line: int
    end_line: int  # inclusive
    signature: str
    doc: str
    apart: bool = False  # a method that stands outside of its class, as in Go and Rust


@dataclass(frozen=True, slots=True)
class FileTags:
    """What the index keeps of one file."""

    definitions: tuple[Definition, ...] = ()
    imports: tuple[Import, ...] = ()


def tags_of(data: bytes, language: str) -> FileTags:
    """The tags of a UTF-8 text; none where the language has no grammar or no query."""
    query, parser = _query(language), _parser(language)
    if query is None or parser is None:
        return FileTags()
    data = with_line_ends(data, language)
    return tags_of_tree(parser.parse(data).root_node, data, language)


def tags_of_tree(root: Node, data: bytes, language: str) -> FileTags:
    """The tags of a parsed text."""
    query = _query(language)
    if query is None:
        return FileTags()
    found: list[tuple[int, int, str, Node, Node]] = []
    imports: list[Import] = []
    for _, captures in QueryCursor(query).matches(root):
        statements = captures.get("import")
        if statements:
            text = data[statements[0].start_byte : statements[0].end_byte]
            imports += read_import(language, text.decode("utf-8", "replace"))
            continue
        names = captures.get("name")
        kind = next((one for one in captures if one not in NO_KINDS and one[0] != "_"), None)
        if names and kind is not None:
            node = captures[kind][0]
            found.append((node.start_byte, -node.end_byte, kind, node, names[0]))
    # Of two kinds for one node, a class with members is more than a type.
    found.sort(key=lambda one: one[:3])
    definitions = tuple(_definitions(found[:MAX_DEFINITIONS], data, language))
    return FileTags(definitions, tuple(dict.fromkeys(imports)))


def _definitions(
    found: list[tuple[int, int, str, Node, Node]], data: bytes, language: str
) -> Iterator[Definition]:
    """In text order; what stands inside a class has the class as its scope."""
    classes: list[tuple[int, str]] = []  # (end byte, name) of those that are open
    seen: set[tuple[int, int]] = set()
    may_own = language in OWNERS
    for start, negative_end, kind, node, name_node in found:
        if (start, name_node.start_byte) in seen:  # two patterns fit one node
            continue
        seen.add((start, name_node.start_byte))
        while classes and classes[-1][0] <= start:
            classes.pop()
        name = data[name_node.start_byte : name_node.end_byte].decode("utf-8", "replace")
        name = name[1:] if name[:1] == ":" else name  # a symbol of Ruby
        if not name:  # the grammar has put in what somebody has not written yet
            continue
        scope = classes[-1][1] if classes else ""
        owner = "" if scope or not may_own else _owner(node, kind, data, language)
        if may_own and node.type == "pair" and node.parent and _holder(node.parent) is None:
            continue  # an option of some call
        yield Definition(
            name,
            kind,
            scope or owner,
            node.start_point.row,
            node.end_point.row,
            _signature(node, kind, name_node, name, data, language),
            "" if kind == "field" and language == "python" else _doc(node, data, language),
            bool(owner),
        )
        if kind == "class":
            classes.append((-negative_end, name))


def _owner(node: Node, kind: str, data: bytes, language: str) -> str:
    """What a method is of when it stands outside of a class.

    Go's receiver, Rust's impl, `res` of `res.send = `, `reply` of `const reply = { send() {} }`.
    """
    if language == "go" and kind == "method":
        typed = node.child_by_field_name("receiver")
    elif language == "rust" and kind in ("function", "constant"):
        around = node.parent.parent if node.parent is not None else None
        if around is None or around.type != "impl_item":
            return ""
        typed = around.child_by_field_name("type")
    elif node.type in ("pair", "method_definition") and node.parent is not None:
        typed = _holder(node.parent)
    elif node.type == "assignment_expression":
        left = node.child_by_field_name("left")
        typed = left.child_by_field_name("object") if left is not None else None
    else:
        return ""
    if typed is None:
        return ""
    match = OWNER.search(data[typed.start_byte : typed.end_byte])
    owner = match[1].decode("utf-8", "replace") if match else ""
    return "" if owner in ("exports", "module") else owner


def _holder(literal: Node) -> Node | None:
    """What an object literal is assigned to."""
    around = literal.parent if literal.type == "object" else None
    if around is None:
        return None
    match around.type:
        case "variable_declarator":
            return around.child_by_field_name("name")
        case "assignment_expression":
            left = around.child_by_field_name("left")
            whole = left is not None and (left.text or b"").endswith(b".prototype")
            return left.child_by_field_name("object") if left is not None and whole else left
        case _:
            return None


def _signature(
    node: Node, kind: str, name_node: Node, name: str, data: bytes, language: str
) -> str:
    """The definition up to its body, on one line."""
    if kind == "constant" and SECRET.search(name):
        return name
    end = node.end_byte
    small = end - node.start_byte <= MAX_WHOLE
    whole = kind == "class" and language in STRUCTS and small
    if whole and SECRET.search(data[node.start_byte : end].decode("utf-8", "replace")):
        whole = False  # one of its fields may hold it
    if not whole and kind not in DATA:
        inner = {"pair": "value", "assignment_expression": "right"}.get(node.type, "")
        holder = node.child_by_field_name(inner) or node
        for field in BODIES:
            body = holder.child_by_field_name(field)
            if body is not None:
                end = body.start_byte
                break
        if language == "kotlin":  # its grammar names no fields
            bodies = (one.start_byte for one in node.children if one.type.endswith("_body"))
            end = next(bodies, end)
    text = data[node.start_byte : min(end, node.start_byte + MAX_SIGNATURE * 2)]
    shown = text.decode("utf-8", "replace").strip()
    if not whole and SECRET.search(shown):
        holds = node.type in HOLDERS or (kind == "class" and end == node.end_byte)
        # Fields and types of Rust hold no values, and a lifetime looks like a quote.
        holds = holds or (kind in DATA and (language != "rust" or kind == "constant"))
        shown = _without_value(node, name_node, shown, data) if holds else shown
        shown = DEFAULT.sub(r"\1…", shown)
    if "\n" in shown:
        shown = SPACE.sub(" ", shown)
    shown = shown.removesuffix("{").rstrip() if end < node.end_byte else shown
    if kind == "field" and SECRET.search(name):
        shown = shown.partition("=")[0].rstrip()
    if node.type in ("type_spec", "type_alias"):  # Go's `type` stands before the group
        shown = f"type {shown}"
    return shown[:MAX_SIGNATURE]


def _without_value(node: Node, name: Node, shown: str, data: bytes) -> str:
    """What holds something that is secret, up to its value; `shown` where none is written out."""
    if not LITERAL.search(shown):
        return shown
    value = node.child_by_field_name("value")
    body = value.child_by_field_name("body") if value is not None else None
    if body is not None and node.type == "variable_declarator":  # a function, up to its body
        return data[node.start_byte : body.start_byte].decode("utf-8", "replace").rstrip()
    head = data[node.start_byte : name.end_byte].decode("utf-8", "replace")
    if VALUE.search(head):  # of an annotation, or of another name before
        head = data[name.start_byte : name.end_byte].decode("utf-8", "replace")
        inner = (one for one in node.children if one.type == "variable_declaration")
        typed = next(inner, node).child_by_field_name("type")
        text = data[typed.start_byte : typed.end_byte].decode("utf-8", "replace") if typed else ""
        head = f"{text} {head}" if text and not VALUE.search(text) else head
    after = data[name.end_byte : node.start_byte + len(shown.encode())].decode("utf-8", "replace")
    return (head + VALUE.split(after, maxsplit=1)[0]).rstrip(" \t\n:,;")


def _doc(node: Node, data: bytes, language: str) -> str:
    """The first line of what the author says about it."""
    if language == "python":
        body = node.child_by_field_name("body")
        first = body.named_child(0) if body is not None and body.named_child_count else None
        if first is not None and first.type == "expression_statement":
            first = first.named_child(0)
        if first is None or first.type != "string":
            return ""
        text = data[first.start_byte : first.end_byte].decode("utf-8", "replace").strip("rRbBuU\"'")
    else:
        above = node.prev_named_sibling
        if above is None or "comment" not in above.type:
            return ""
        if above.end_point.row < node.start_point.row - 1:
            return ""
        text = data[above.start_byte : above.end_byte].decode("utf-8", "replace")
    lines = (line.strip().strip("/*#!- \t") for line in text.splitlines())
    return next((line for line in lines if line), "")[:MAX_DOC]


@cache
def _query(language: str) -> Query | None:
    found = grammar(language)
    source = resources.files("slm_context") / "queries" / f"{language}.scm"
    if found is None or not source.is_file():
        return None
    return Query(found, source.read_text("utf-8"))


@cache
def _parser(language: str) -> Parser | None:
    found = grammar(language)
    return Parser(found) if found is not None else None
