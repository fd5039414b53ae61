"""Where tree-sitter's UTF-8 bytes meet our code points. No other file converts between them."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from tree_sitter import Node, Parser, Point, Tree

from slm_context.difference import difference
from slm_context.languages import grammar

# Bytes between two entries of the table that maps bytes to code points.
STEP = 1024
# The bytes of a character but for its first.
CONTINUATION = bytes(range(0x80, 0xC0))
# Whose programs may end a line by a carriage return alone. The grammars know of none of them; most
# take all of such a file below its first comment for a part of that.
ENDED_BY_CR = frozenset(
    ("python", "javascript", "typescript", "tsx", "java", "csharp", "c", "cpp", "php", "lua")
    + ("kotlin", "swift", "scala")
)
LONE_CR = re.compile(rb"\r(?!\n)")
# What a string holds between its quotes, where the grammar makes a token of it.
STRING_TOKEN = re.compile(r"string\w*_(?:content|fragment)$")
# What neither ends a string of any language nor begins anything else in it.
PROSE = re.compile(r"[\w \t.,:;!?()\[\]<>=+*/&|^~@%-]*")
# And the quotes that do not end it, by the one that began it.
PROSE_BETWEEN = {
    quote: re.compile(PROSE.pattern.replace("-]", f"{others}-]"))
    for quote, others in ((b'"', "'`"), (b"'", '"`'), (b"`", "'\""))
}


class Place(StrEnum):
    """What kind of text the cursor is in."""

    CODE = "code"
    STRING = "string"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """An ERROR or MISSING node, in code points. `kind` is what is missing, else "ERROR"."""

    start: int
    end: int
    missing: bool
    kind: str


class SyntaxTree:
    """A parsed text. Immutable: `edited` gives the tree of another text, parsed incrementally."""

    def __init__(self, text: str, language: str, tree: Tree, data: bytes) -> None:
        self.text = text
        self.language = language
        self._tree = tree
        self._data = data

    @property
    def root(self) -> Node:
        return self._tree.root_node

    @property
    def has_errors(self) -> bool:
        return self.root.has_error

    def edited(self, text: str) -> "SyntaxTree":
        """The tree of `text`, re-using all that did not change. A change at one place is cheap."""
        data = encoded(text, self.language)
        moved = self._moved(data, *difference(self._data, data))
        return SyntaxTree(text, self.language, _parser(self.language).parse(data, moved), data)

    def _moved(self, data: bytes, start: int, old_end: int, new_end: int) -> Tree:
        """The tree with its nodes where they are in `data`, which differs from `start` on."""
        tree = self._tree.copy()
        tree.edit(
            start_byte=start,
            old_end_byte=old_end,
            new_end_byte=new_end,
            start_point=_point(self._data, start),
            old_end_point=_point(self._data, old_end),
            new_end_point=_point(data, new_end),
        )
        return tree

    def with_prose(self, text: str) -> "SyntaxTree | None":
        """The tree of `text` where it is told from this one's by prose in one string; else None.

        The parser would see the same tokens, of which one has another length. It is not asked: in
        a string that nothing closes yet, it would read all of the file behind it at each key.
        """
        data = encoded(text, self.language)
        start, old_end, new_end = difference(self._data, data)
        token = self.root.descendant_for_byte_range(max(0, start - 1), start)
        if token is None or token.child_count or not STRING_TOKEN.search(token.type):
            return None
        if not token.start_byte < start <= old_end <= token.end_byte:
            return None
        # What stands before it, `$` for one, may mean something only with what follows.
        pieces = data[start - 1 : start], self._data[start:old_end], data[start:new_end]
        # Only behind the string's own quote is it known what ends it, not behind an escaped one;
        # and `%w[` and `R"(` end at brackets.
        escape, quote = self._data[max(0, token.start_byte - 2) : token.start_byte].rjust(2)
        between = PROSE_BETWEEN.get(bytes([quote])) if escape != ord("\\") else None
        if between is None:
            return None
        # A shell runs what stands between backticks in a string.
        prose = PROSE if self.language == "bash" else between
        if not all(prose.fullmatch(one.decode("utf-8", "replace")) for one in pieces):
            return None
        return SyntaxTree(text, self.language, self._moved(data, start, old_end, new_end), data)

    def errors(self) -> list[SyntaxFault]:
        """The smallest ERROR and MISSING nodes in text order."""
        return list(self._faults)

    @cached_property
    def _faults(self) -> tuple[SyntaxFault, ...]:
        return tuple(self._walk_faults()) if self.has_errors else ()

    def _walk_faults(self) -> Iterator[SyntaxFault]:
        pending = [self.root]
        while pending:
            node = pending.pop()
            inner = [child for child in node.children if child.has_error or child.is_missing]
            if node.is_missing or (node.is_error and not inner):
                start, end = self.span(node)
                yield SyntaxFault(start, end, node.is_missing, node.type)
            pending.extend(reversed(inner))

    # Coordinates.

    def span(self, node: Node) -> tuple[int, int]:
        """The code points that a node covers."""
        return self.to_offset(node.start_byte), self.to_offset(node.end_byte)

    def to_offset(self, byte: int) -> int:
        """Code points before `byte`."""
        if self._ascii:
            return byte
        # Count from the last table entry.
        index = byte // STEP
        piece = self._data[index * STEP : byte]
        return self._starts[index] + _n_characters(piece)

    def to_byte(self, offset: int) -> int:
        """Bytes before the code point at `offset`."""
        if self._ascii:
            return offset
        index = bisect_right(self._starts, offset) - 1
        byte, count = index * STEP, self._starts[index]
        data = self._data
        while byte < len(data) and (count < offset or data[byte] & 0xC0 == 0x80):
            if data[byte] & 0xC0 != 0x80:
                count += 1
            byte += 1
        return byte

    @cached_property
    def _ascii(self) -> bool:
        return len(self._data) == len(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        """Code points before each STEP bytes."""
        starts, count = [0], 0
        for begin in range(0, len(self._data), STEP):
            piece = self._data[begin : begin + STEP]
            count += _n_characters(piece)
            starts.append(count)
        return starts

    # Places.

    def node_at(self, offset: int) -> Node:
        """The smallest node that holds the character before `offset`."""
        byte = self.to_byte(offset)
        node = self.root.descendant_for_byte_range(max(0, byte - 1), byte)
        return node or self.root

    def ancestors(self, offset: int) -> Iterator[Node]:
        """The nodes around `offset`, innermost first."""
        node: Node | None = self.node_at(offset)
        while node is not None:
            yield node
            node = node.parent

    def place(self, offset: int) -> Place:
        """Whether the cursor at `offset` stands in code, in a string or in a comment."""
        byte = self.to_byte(offset)
        for node in self.ancestors(offset):
            kind = node.type
            if "comment" in kind:
                # At the end of a block comment the cursor is outside of it again.
                closed = node.end_byte <= byte and (node.text or b"").endswith(b"*/")
                if not closed:
                    return Place.COMMENT
            elif kind in ("interpolation", "template_substitution", "expansion"):
                return Place.CODE
            elif "string" in kind or kind in ("char_literal", "rune_literal", "heredoc_body"):
                if node.start_byte < byte < node.end_byte:
                    return Place.STRING
        return Place.CODE


def parse(text: str, language: str, old: SyntaxTree | None = None) -> SyntaxTree | None:
    """Parse `text`; None where the language has no grammar. `old` makes it incremental."""
    if grammar(language) is None:
        return None
    if old is not None and old.language == language:
        return old.edited(text)
    data = encoded(text, language)
    return SyntaxTree(text, language, _parser(language).parse(data), data)


def encoded(text: str, language: str) -> bytes:
    """The text as a parser reads it."""
    return with_line_ends(text.encode("utf-8", "replace"), language)


def with_line_ends(data: bytes, language: str) -> bytes:
    """As long as before, with no line ends but such as the grammar of the language knows."""
    if language in ENDED_BY_CR and data.count(b"\r") != data.count(b"\r\n"):
        return LONE_CR.sub(b"\n", data)
    return data


@lru_cache(maxsize=32)
def _parser(language: str) -> Parser:
    found = grammar(language)
    assert found is not None, "parse() has asked before"
    return Parser(found)


def _n_characters(piece: bytes) -> int:
    """How many characters begin in a piece of UTF-8."""
    return len(piece.translate(None, CONTINUATION))


def _point(data: bytes, byte: int) -> Point:
    row = data.count(b"\n", 0, byte)
    return Point(row, byte - (data.rfind(b"\n", 0, byte) + 1))
