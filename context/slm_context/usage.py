"""Which names are used around here: in the document, and in other files.

What a neighbour of a file uses, the file is likely to use: tests of one package call the same
functions, handlers the same services. It ranks lists that are longer than there is room. And what
uses the names at the cursor, wherever it lies, shows how they go on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from math import log1p

from slm_context.cursor import DocumentContext
from slm_context.names import all_names
from slm_context.view import View

MAX_NEIGHBOURS, MAX_CHARS = 4, 60_000
# Characters before and behind a name, where a text is too long to be looked at from its start.
AROUND = 400
# Of the files that use some names, so many are looked at, and asked for.
MAX_USERS, MAX_TRIED = 4, 12
# The document's own use counts as much as that of so many neighbours.
OWN = 3
# No repository has as many files as it is the logarithm of: all of them are less than one here.
LOG_OF_ALL = 16


class Usage(Mapping[str, float]):
    """How much a name is used around here; nothing is read before it is asked.

    Between names that are used alike here, those come first that more of all files use.
    """

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

    def __getitem__(self, name: str) -> float:
        count = sum(name in words for words in self._neighbours)
        elsewhere = log1p(self._view.n_users(name)) / LOG_OF_ALL
        return count + OWN * (name in self._words) + elsewhere

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)

    @cached_property
    def _neighbours(self) -> list[frozenset[str]]:
        return [all_names(text) for text in self.texts]

    @property
    def texts(self) -> list[str]:
        """The same without their paths."""
        return list(self.beside.values())

    @cached_property
    def beside(self) -> dict[str, str]:
        """What is open, and files beside this one: paths and texts."""
        path, language = self._document.path, self._document.language or ""
        texts = {one.path: one.text for one in self._view.open_texts(language) if one.path != path}
        folder, _, name = path.rpartition("/")
        beside = [
            one
            for one in self._view.files_in(folder, language, 300)
            if one != path and one not in texts
        ]
        # Names that begin alike belong together.
        beside.sort(key=lambda one: -_n_common(one[one.rfind("/") + 1 :], name))
        for one in beside[: MAX_NEIGHBOURS - min(len(texts), 2)]:
            text = self._read(one)
            if text is not None:
                texts[one] = text
        return {one: texts[one][:MAX_CHARS] for one in list(texts)[:MAX_NEIGHBOURS]}

    def using(self, names: Sequence[str]) -> dict[str, str]:
        """Files that use all of these names, besides those beside this one, the nearest first."""
        path, language = self._document.path, self._document.language or ""
        if not names:
            return {}
        users = [one for one in self._view.users(names, language) if one != path]
        parts = path.split("/")
        users.sort(key=lambda one: (-_n_common(one.split("/"), parts), one))
        texts: dict[str, str] = {}
        for one in [one for one in users if one not in self.beside][:MAX_TRIED]:
            if len(texts) >= MAX_USERS:
                break
            text = self._view.open_text(one) or self._read(one)
            if text is not None:
                texts[one] = _around(names, text)
        return texts


def _around(names: Sequence[str], text: str) -> str:
    """Of a long text the stretches around the name that it has least, in all of which one could
    stand beside the others."""
    if len(text) <= MAX_CHARS:
        return text
    name = min(names, key=text.count)
    stretches, n_chars, end = list[str](), 0, 0
    at = text.find(name)
    while at >= 0 and n_chars < MAX_CHARS:
        start, end = max(end, at - AROUND), at + AROUND
        stretches.append(text[start:end])
        n_chars += end - start
        at = text.find(name, end)
    return "\n".join(stretches)


def _n_common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many characters, or folders, are the same at the start of both."""
    n = 0
    for one, other in zip(a, b, strict=False):
        if one != other:
            break
        n += 1
    return n
