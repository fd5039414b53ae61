"""The index as it would be if every open document were saved."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slm_context.cursor import DocumentContext
from slm_context.entries import last_of, stem_of
from slm_context.imports import Import
from slm_context.index import NO_PIECES, Found, Index
from slm_context.languages import family, language_for, written_alike
from slm_context.names import all_names
from slm_context.remembered import Remembered
from slm_context.stems import n_apart, stems
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

    def __init__(
        self, index: Index | None, open_texts: Sequence[OpenText], language: str | None
    ) -> None:
        """`language` is who asks: of others, whose names it does not see, nothing is told."""
        if index is not None:
            index.renew()
        self._index = index
        self._seen = family(language or "")
        self._open = {one.path: one for one in open_texts if one.language}
        # What is too long to be parsed now is known as it was saved.
        self._parsed = {
            path: one
            for path, one in self._open.items()
            if one.language in self._seen and len(one.text) <= MAX_PARSED
        }

    def definitions(
        self,
        names: Sequence[str],
        worth: Callable[[str], bool] | None = None,
        pieces: Mapping[str, Sequence[str]] = NO_PIECES,
    ) -> list[Found]:
        """The definitions of these names; `worth` and `pieces` as in `Index.definitions`."""
        index = self._index
        found = index.definitions(names, worth=worth, pieces=pieces) if index else []
        wanted = set(names)
        return self._overlaid(found, lambda path, one: one.name in wanted)

    def outline(self, path: str) -> list[Definition]:
        if path in self._parsed:
            return list(self._tags(path).definitions)
        return self._index.outline(path) if self._index else []

    def saved(self, path: str) -> FileTags:
        """What a file defined and imported when it was read."""
        if self._index is None:
            return FileTags()
        return FileTags(tuple(self._index.outline(path)), tuple(self._index.imports(path)))

    def _tags(self, path: str) -> FileTags:
        one = self._parsed[path]
        return parsed(one.text, one.language or "", path)

    def methods_apart(self, scope: str) -> list[Found]:
        found = self._index.methods_apart(scope) if self._index else []
        return self._overlaid(found, lambda path, one: one.apart and one.scope == scope)

    def open_text(self, path: str) -> str | None:
        """The text of an open document, as it is now."""
        return self._open[path].text if path in self._open else None

    def open_texts(self, language: str) -> list[OpenText]:
        """The open documents that are written like one of this language."""
        alike = written_alike(language)
        return [one for one in self._open.values() if one.language in alike]

    def beside(self, path: str) -> list[Found]:
        """What the files in the folder of `path` define that is no member of anything."""
        folder = path.rpartition("/")[0]
        folders = [folder]
        if "/test/java/" in path:  # the same package, in the other source root
            folders.append(folder.replace("/test/java/", "/main/java/"))
        index = self._index
        found = [one for beside in folders for one in index.beside(beside)] if index else []
        return self._overlaid(
            found, lambda other, one: not one.scope and other.rpartition("/")[0] in folders
        )

    def _overlaid(
        self, found: list[Found], wanted: Callable[[str, Definition], bool]
    ) -> list[Found]:
        """`found`, with what is wanted of the open documents in place of what was saved of them."""
        saved = [
            one for one in found if one.path not in self._parsed and one.language in self._seen
        ]
        return saved + [
            Found(path, one.language or "", definition)
            for path, one in self._parsed.items()
            for definition in self.outline(path)
            if wanted(path, definition)
        ]

    def files_in(self, folder: str, language: str, limit: int) -> list[str]:
        """The files right in a folder that are written like one of this language."""
        found = self._index.files_in(folder, written_alike(language), limit) if self._index else []
        opened = [one.path for one in self.open_texts(language) if one.path not in found]
        return [*found, *(path for path in opened if path.rpartition("/")[0] == folder)]

    def users(self, names: Sequence[str], language: str) -> list[str]:
        """The files, written like one of this language, that use all of these names."""
        saved = self._index.users(names, written_alike(language)) if self._index else []
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
        if path in self._parsed:
            return list(self._tags(path).imports)
        return self._index.imports(path) if self._index else []

    def paths(self, names: Sequence[str]) -> list[str]:
        found = dict.fromkeys(self._index.paths(names)) if self._index else {}
        found |= dict.fromkeys(path for path in self._open if stem_of(path) in names)
        return [path for path in found if language_for(path) in self._seen]

    def imported(self, document: DocumentContext, imports: Sequence[Import]) -> Iterator[str]:
        """Files of the repository that the document imports, in order."""
        for one in imports:
            yield from self.files_of(one.module, document.language or "", document.path)

    def files_of(self, module: str, language: str, path: str) -> Iterator[str]:
        """The files that a module's name may mean in the file at `path`, the nearest first."""
        for ending in stems(language, module, path):
            named = self.paths([last_of(ending.rstrip("/"))])
            for found in sorted(named, key=lambda one: n_apart(one, path)):
                if ("/" + found.rsplit(".", 1)[0]).endswith("/" + ending):
                    yield found


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
