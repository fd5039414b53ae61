"""Where the person is, pieced together: LSP has no message for a cursor that moves."""

from collections import OrderedDict
from typing import NamedTuple

# Documents of which is known where the person was last.
MAX_PLACES = 200


class Whereabout(NamedTuple):
    """A cursor in one version of a document, in code points from its start."""

    uri: str
    version: int
    offset: int


class Whereabouts:
    """The newest place, and the last one in each document, closed ones among them."""

    def __init__(self) -> None:
        self.now: Whereabout | None = None
        self._last: OrderedDict[str, int] = OrderedDict()

    def at(self, uri: str, version: int, offset: int) -> bool:
        """Note a place. False when the person was there already: editors ask several things."""
        place = Whereabout(uri, version, offset)
        if place == self.now:
            return False
        self.now = place
        self._last[uri] = offset
        self._last.move_to_end(uri)
        if len(self._last) > MAX_PLACES:
            self._last.popitem(last=False)
        return True

    def last_in(self, uri: str) -> int | None:
        """Where the person was in a document when they were last there."""
        return self._last.get(uri)

    def left(self, uri: str) -> None:
        """A document was closed."""
        if self.now is not None and self.now.uri == uri:
            self.now = None
