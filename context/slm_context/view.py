"""The index as it would be if every open document were saved."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from slm_context.cursor import DocumentContext
from slm_context.entries import last_of, stem_of
from slm_context.imports import Import, stems
from slm_context.index import Found, Index
from slm_context.names import all_names
from slm_context.remembered import Remembered
from slm_context.syntax import encoded
from slm_context.tags import Definition, FileTags, tags_of_tree
from slm_context.trees import tree_of

# A document of more characters is not parsed while somebody waits.
MAX_PARSED = 200_000
# Of documents whose tags are kept: as many as are open and looked at by turns.
MAX_CHARS = 1_000_000


@dataclass(frozen=True, slots=True)
class OpenText:
    """An open document other than the one being completed."""

    path: str
    language: str | None
    text: str
    before: str | None = None  # its text when it came into sight, where it was changed since


class View:
    """What is known of the other files, for one question."""

    def __init__(self, index: Index | None, open_texts: Sequence[OpenText]) -> None:
        if index is not None:
            index.renew()
        self._index = index
        self._open = {one.path: one for one in open_texts if one.language}

    def definitions(
        self, names: Sequence[str], worth: Callable[[str], bool] | None = None
    ) -> list[Found]:
        """The definitions of these names; `worth` as in `Index.definitions`."""
        found = self._index.definitions(names, worth=worth) if self._index else []
        wanted = set(names)
        return self._overlaid(found, lambda path, one: one.name in wanted)

    def outline(self, path: str) -> list[Definition]:
        one = self._open.get(path)
        if one is not None and one.language is not None:
            return list(parsed(one.text, one.language, one.path).definitions)
        return self._index.outline(path) if self._index else []

    def methods_apart(self, scope: str) -> list[Found]:
        found = self._index.methods_apart(scope) if self._index else []
        return self._overlaid(found, lambda path, one: one.apart and one.scope == scope)

    def open_text(self, path: str) -> str | None:
        """The text of an open document, as it is now."""
        return self._open[path].text if path in self._open else None

    def open_texts(self, language: str) -> list[OpenText]:
        return [one for one in self._open.values() if one.language == language]

    def beside(self, path: str) -> list[Found]:
        """What the files in the folder of `path` define that is no member of anything."""
        folder = path.rpartition("/")[0]
        found = self._index.beside(folder) if self._index else []
        if "/test/java/" in path and self._index:  # the same package, in the other source root
            found += self._index.beside(folder.replace("/test/java/", "/main/java/"))
        return self._overlaid(
            found, lambda other, one: not one.scope and other.rpartition("/")[0] == folder
        )

    def _overlaid(
        self, found: list[Found], wanted: Callable[[str, Definition], bool]
    ) -> list[Found]:
        """`found`, with what is wanted of the open documents in place of what was saved of them."""
        saved = [one for one in found if one.path not in self._open]
        return saved + [
            Found(path, one.language or "", definition)
            for path, one in self._open.items()
            for definition in self.outline(path)
            if wanted(path, definition)
        ]

    def files_in(self, folder: str, language: str, limit: int) -> list[str]:
        """The files right in a folder."""
        return self._index.files_in(folder, language, limit) if self._index else []

    def users(self, names: Sequence[str], language: str) -> list[str]:
        """The files of a language that use all of these names."""
        saved = self._index.users(names, language) if self._index else []
        edited = [
            one.path for one in self.open_texts(language) if all_names(one.text).issuperset(names)
        ]
        return [*(path for path in saved if path not in self._open), *edited]

    def n_users(self, name: str) -> int:
        """How many files use a name, as they were saved."""
        return self._index.n_users(name) if self._index else 0

    def has_folder(self, name: str) -> bool:
        return self._index is not None and self._index.has_folder(name)

    def size(self, path: str) -> int:
        """How many bytes a file had when it was read; 0 where it was not."""
        return self._index.size(path) if self._index else 0

    def imports(self, path: str) -> list[Import]:
        return self._index.imports(path) if self._index else []

    def paths(self, names: Sequence[str]) -> list[str]:
        found = list(self._index.paths(names)) if self._index else []
        return [*found, *(path for path in self._open if stem_of(path) in names)]

    def imported(self, document: DocumentContext, imports: Sequence[Import]) -> Iterator[str]:
        """Files of the repository that the document imports, in order."""
        for one in imports:
            yield from self.files_of(one.module, document)

    def files_of(self, module: str, document: DocumentContext) -> Iterator[str]:
        """The files that a module's name may mean in this document."""
        for ending in stems(document.language or "", module, document.path):
            for path in self.paths([last_of(ending.rstrip("/"))]):
                if ("/" + path.rsplit(".", 1)[0]).endswith("/" + ending):
                    yield path


def parsed(text: str, language: str, path: str) -> FileTags:
    """The tags of a document, but of none that takes long."""
    return FileTags() if len(text) > MAX_PARSED else _tags(text, language, path)


def tags_again(data: bytes, language: str, *, path: str) -> FileTags:
    """The tags of a file that may have been parsed, as an open document, before."""
    return _tags(data.decode("utf-8", "replace"), language, path)


_TAGS: Remembered[tuple[str, str], tuple[str, FileTags]] = Remembered(MAX_CHARS)


def _tags(text: str, language: str, path: str) -> FileTags:
    known = _TAGS.get((path, language))
    if known is not None and known[0] == text:
        return known[1]
    tree = tree_of(text, language, path)
    if tree is None:
        return FileTags()
    tags = tags_of_tree(tree.root, encoded(text, language), language)
    _TAGS.put((path, language), (text, tags), len(text))
    return tags
