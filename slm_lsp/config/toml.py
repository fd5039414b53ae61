"""TOML text → options, and where in the text each key stands.

Values come from `tomllib`, which decides what is valid; places come from tree-sitter's grammar,
which keeps them. The places are looked up only when there is something to say about them.
"""

import re
import tomllib
from functools import cached_property
from typing import Any

import tree_sitter
import tree_sitter_toml

from slm_lsp.config.types import KeyPath, Position
from slm_lsp.printable import clip

# tomllib is quadratic in places and recursive in others. A real file has a hundredth of this.
MAX_BYTES = 256 * 1024
# Of one line. For a key of n parts, tomllib makes a list of all its beginnings: n²/2 strings.
MAX_DOTS = 1000


class BrokenToml(Exception):
    """The text is not TOML."""

    def __init__(self, message: str, position: Position | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class TomlText:
    """A parsed TOML text. Raises `BrokenToml`, and nothing else, for what it cannot read."""

    def __init__(self, content: bytes) -> None:
        if len(content) > MAX_BYTES:
            raise BrokenToml(f"the file has {len(content)} bytes; {MAX_BYTES} are the most")
        self._content = content
        if any(line.count(b".") > MAX_DOTS for line in content.split(b"\n")):
            raise BrokenToml("the file is not something a person wrote")
        try:
            # utf-8-sig: some editors on Windows put a byte order mark in front.
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise BrokenToml("the file is not UTF-8", self._position(error.start)) from error
        try:
            self.options: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise BrokenToml(*_told_by(error, text)) from error
        except (ValueError, RecursionError, OverflowError) as error:
            # A number of 5,000 digits, a thousand nested brackets.
            raise BrokenToml("the file is not something a person wrote") from error

    def locate(self, path: KeyPath, *, value: bool = False) -> Position | None:
        """Where the key at `path` stands, or its value."""
        places = self._places
        for end in range(len(path), 0, -1):  # the nearest table, when the item has no place
            place = places.get(path[:end])
            if place is not None:
                return self._position(place[1 if value else 0])
        return None

    @cached_property
    def _places(self) -> dict[KeyPath, tuple[int, int]]:
        """Path → byte offsets of the key and of its value."""
        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
        places: dict[KeyPath, tuple[int, int]] = {}
        counts: dict[KeyPath, int] = {}
        for node in parser.parse(self._content).root_node.named_children:
            if node.type == "pair":
                _note_pair(node, (), places)
            elif node.type in ("table", "table_array_element"):
                key, *pairs = [n for n in node.named_children if n.type != "comment"]
                path = _key_path(key)
                if node.type == "table_array_element":
                    counts[path] = counts.get(path, -1) + 1
                    places.setdefault(path, (key.start_byte, key.start_byte))
                    path = (*path, counts[path])
                _note_key(key, path, key.start_byte, places)
                for pair in pairs:
                    if pair.type == "pair":
                        _note_pair(pair, path, places)
        return places

    def _position(self, offset: int) -> Position:
        before = self._content[:offset]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace").removeprefix("\ufeff"))
        return Position(before.count(b"\n") + 1, column + 1)


def _note_pair(
    pair: tree_sitter.Node, table: KeyPath, places: dict[KeyPath, tuple[int, int]]
) -> None:
    named = [n for n in pair.named_children if n.type != "comment"]
    if len(named) != 2:
        return
    key, value = named
    path = (*table, *_key_path(key))
    _note_key(key, path, value.start_byte, places)
    _note_value(value, path, places)


def _note_value(
    value: tree_sitter.Node, path: KeyPath, places: dict[KeyPath, tuple[int, int]]
) -> None:
    if len(path) > 32:  # nothing that we know is nested so deep
        return
    if value.type == "inline_table":
        for pair in value.named_children:
            if pair.type == "pair":
                _note_pair(pair, path, places)
    elif value.type == "array":
        items = [n for n in value.named_children if n.type != "comment"]
        for index, item in enumerate(items):
            places[(*path, index)] = (item.start_byte, item.start_byte)
            _note_value(item, (*path, index), places)


def _note_key(
    key: tree_sitter.Node, path: KeyPath, value: int, places: dict[KeyPath, tuple[int, int]]
) -> None:
    parts = key.named_children if key.type == "dotted_key" else [key]
    flat = [leaf for part in parts for leaf in _leaves(part)]
    for back, leaf in enumerate(reversed(flat)):
        prefix = path[: len(path) - back]
        if prefix:
            places.setdefault(prefix, (leaf.start_byte, value))


def _key_path(key: tree_sitter.Node) -> tuple[str, ...]:
    return tuple(_key_text(leaf) for leaf in _leaves(key))


def _leaves(key: tree_sitter.Node) -> list[tree_sitter.Node]:
    """The parts of a dotted key; the grammar nests them to the left."""
    if key.type != "dotted_key":
        return [key]
    leaves: list[tree_sitter.Node] = []
    stack = [key]
    while stack:
        node = stack.pop()
        if node.type == "dotted_key":
            stack.extend(reversed(node.named_children))
        else:
            leaves.append(node)
    return leaves


def _key_text(leaf: tree_sitter.Node) -> str:
    text = (leaf.text or b"").decode("utf-8", "replace")
    if leaf.type != "quoted_key":
        return text
    try:
        (key,) = tomllib.loads(f"{text} = 0")
        return key
    except (ValueError, RecursionError):
        return text


def _told_by(error: tomllib.TOMLDecodeError, text: str) -> tuple[str, Position | None]:
    """tomllib's message, and its place, which it says in words."""
    words = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error), re.DOTALL)
    if words is not None:
        return _plain(words[1]), Position(int(words[2]), int(words[3]))
    message = str(error).removesuffix(" (at end of document)")
    lines = text.split("\n")
    return _plain(message), Position(len(lines), len(lines[-1]) + 1)


def _plain(message: str) -> str:
    clean = clip(message, 120)
    return f"not valid TOML: {clean[:1].lower()}{clean[1:]}"
