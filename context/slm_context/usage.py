"""Which names are used around here: in the document, and in the files beside it.

What a neighbour of a file uses, the file is likely to use: tests of one package call the same
functions, handlers the same services. It ranks lists that are longer than there is room.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from slm_context.cursor import DocumentContext
from slm_context.names import IDENTIFIER
from slm_context.remembered import remembers
from slm_context.view import View

MAX_NEIGHBOURS, MAX_CHARS = 4, 60_000
# The document's own use counts as much as that of so many neighbours.
OWN = 3


class Usage(Mapping[str, int]):
    """How often a name is used around here; nothing is read before it is asked."""

    def __init__(
        self,
        document: DocumentContext,
        words: Mapping[str, int],
        view: View,
        read: Callable[[str], str | None],
    ) -> None:
        self._document = document
        self._words = words
        self._view = view
        self._read = read

    def __getitem__(self, name: str) -> int:
        count = sum(name in words for words in self._neighbours)
        return count + OWN * (name in self._words)

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)

    @cached_property
    def _neighbours(self) -> list[frozenset[str]]:
        return [_words(text) for text in self.texts]

    @cached_property
    def texts(self) -> list[str]:
        """What is open, and files beside this one."""
        path, language = self._document.path, self._document.language or ""
        texts = [one.text for one in self._view.open_texts(language) if one.path != path]
        folder, _, name = path.rpartition("/")
        beside = [one for one in self._view.files_in(folder, language, 300) if one != path]
        # Names that begin alike belong together.
        beside.sort(key=lambda one: -len(posixpath.commonprefix((one.rpartition("/")[2], name))))
        for one in beside[: MAX_NEIGHBOURS - min(len(texts), 2)]:
            text = self._read(one)
            if text is not None:
                texts.append(text)
        return [text[:MAX_CHARS] for text in texts[:MAX_NEIGHBOURS]]


@remembers(max_chars=600_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(IDENTIFIER.findall(text))
