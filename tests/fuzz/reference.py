"""The text as an editor has it, in one string; positions by counting."""

import random
from typing import Any

from tests.support.typing_session import CODEC, position, random_edit, random_text

Json = Any


class Mirror:
    """One document on the editor's side."""

    def __init__(self, uri: str, text: str, encoding: str) -> None:
        self.uri, self.text, self.encoding = uri, text, encoding
        self.version = 1

    def random_changes(self, rng: random.Random) -> list[Json]:
        """A few changes, each relative to the text after the one before it; they are applied."""
        changes: list[Json] = []
        for _ in range(rng.choice((1, 1, 1, 2, 5))):
            edit = random_edit(rng, self.text, self.encoding)
            changes.append({"range": as_range(edit.start, edit.end), "text": edit.text})
            self.text = edit.after
        if rng.random() < 0.03 or len(self.text) > 4000:
            self.text = random_text(rng, rng.choice((0, 1, 40)))
            changes.append({"text": self.text})
        self.version += 1
        return changes

    def typed(self, offset: int, key: str) -> list[Json]:
        where = position(self.text, offset, self.encoding)
        self.text = self.text[:offset] + key + self.text[offset:]
        self.version += 1
        return [{"range": as_range(where, where), "text": key}]

    def replaced(self, found: Json, text: str) -> list[Json]:
        """What an editor does with a text edit of the server's; it must lie in the document."""
        start, end = self.offset(found["start"]), self.offset(found["end"])
        assert start <= end, found
        self.text = self.text[:start] + text + self.text[end:]
        self.version += 1
        return [{"range": found, "text": text}]

    def offset(self, place: Json) -> int:
        """Where a position lies; that there is such a place is what is checked."""
        line, units = place["line"], place["character"]
        starts = self._line_starts()
        assert 0 <= line < len(starts), f"no line {line}"
        start, end = starts[line]
        codec, unit = CODEC[self.encoding]
        encoded = self.text[start:end].encode(codec)
        assert 0 <= units * unit <= len(encoded), f"no column {units} in line {line}"
        # Fails inside a character.
        return start + len(encoded[: units * unit].decode(codec))

    def random_offset(self, rng: random.Random) -> int:
        offset = rng.randint(0, len(self.text))
        inside = 0 < offset < len(self.text) and self.text[offset - 1 : offset + 1] == "\r\n"
        return offset - inside

    def place(self, offset: int) -> Json:
        line, character = position(self.text, offset, self.encoding)
        return {"line": line, "character": character}

    def _line_starts(self) -> list[tuple[int, int]]:
        """Start and end, without the line end, of each line."""
        found, start, at, text = [], 0, 0, self.text
        while at < len(text):
            if text[at] in "\r\n":
                found.append((start, at))
                at += 2 if text.startswith("\r\n", at) else 1
                start = at
            else:
                at += 1
        return [*found, (start, len(text))]


def as_range(start: tuple[int, int], end: tuple[int, int]) -> Json:
    (line, character), (end_line, end_character) = start, end
    return {
        "start": {"line": line, "character": character},
        "end": {"line": end_line, "character": end_character},
    }
