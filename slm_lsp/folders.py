"""The workspace folders: each with its own settings and repository, and what lies in none of them.

A document belongs to the folder that it lies in, of nested ones to the innermost. A document
outside of all folders gets the person's own settings, and context from open documents only.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from slm_lsp.config.files import EDITOR_SETTINGS
from slm_lsp.config.source import ConfigSource
from slm_lsp.config.types import Source
from slm_lsp.documents import encodable
from slm_lsp.paths import belongs_at, cell_of, resolved
from slm_lsp.patience import Patiently
from slm_lsp.settings import Settings
from slm_lsp.workspace.quoting import Owner
from slm_lsp.workspace.read_all import Progress
from slm_lsp.workspace.scan import below
from slm_lsp.workspace.service import Workspace

# Nothing else is done meanwhile. A disk that is there answers within a thousandth of it.
PATIENCE_S = 0.2


class Folder:
    """One workspace folder, or with no root what lies outside of all."""

    def __init__(self, root: Path | None, options: Any = None) -> None:
        self.root = root
        # Without links. Those that are set anew are seen with the next window.
        self.real = resolved(root) if root is not None else None
        self.config = ConfigSource(root, options)
        self.workspace = Workspace(None, self.settings)
        self._read_as: object = None

    @property
    def settings(self) -> Settings:
        return self.config.settings

    @property
    def name(self) -> str:
        return self.root.name if self.root is not None else ""

    def owner(self) -> Owner | None:
        """By whose rules other folders' prompts may quote what is open here."""
        if self.root is None:
            return None
        context, privacy = self.settings.context, self.settings.privacy
        return Owner(self.root, context.include, (*context.exclude, *privacy.exclude))


class Folders:
    """All of them. The first one is where the editor began."""

    def __init__(self, on_progress: Progress) -> None:
        self._on_progress = on_progress
        self._options: Any = None
        # What the editor says for one folder, where that is something.
        self._own_options: Mapping[Path, Any] = {}
        self._outside = Folder(None)
        self._inside: list[Folder] = []
        # One repository is read at a time: a person types meanwhile.
        self._turn = asyncio.Lock()
        self._stamps: list[tuple[int, int] | None] = []
        # Of documents outside of all folders, which may lie on any disk.
        self._real_paths = Patiently(resolved, remembers=256, patience_s=PATIENCE_S)

    def __iter__(self) -> Iterator[Folder]:
        yield from self._inside
        yield self._outside

    @property
    def first(self) -> Folder:
        return self._inside[0] if self._inside else self._outside

    @property
    def roots(self) -> list[Path]:
        return [folder.root for folder in self._inside if folder.root is not None]

    @property
    def watched(self) -> tuple[Path, ...]:
        """Every settings file that matters, once."""
        return tuple(dict.fromkeys(path for folder in self for path in folder.config.watched))

    def files_changed(self) -> bool:
        """Whether any settings file changed since this was last asked."""
        before, self._stamps = self._stamps, [_stamp(path) for path in self.watched]
        return self._stamps != before

    @property
    def complaints(self) -> list[str]:
        """What is wrong with the settings; with several folders, where."""
        several = len(self._inside) > 1
        found = [
            f"in {folder.name}: {complaint}"
            if several and complaint.source is Source.REPOSITORY
            else str(complaint)
            for folder in self
            for complaint in folder.config.complaints
        ]
        return list(dict.fromkeys(found))

    def around(self, path: Path) -> list[Folder]:
        """Every folder that a file lies in; more than one where they are nested."""
        return [
            folder
            for folder in self._inside
            if folder.root is not None and path.is_relative_to(folder.root)
        ]

    def of(self, uri: str) -> Folder:
        """The folder that a document belongs to."""
        path = self.path_of(uri)
        return self._outside if path is None else self._of(path)

    def path_of(self, uri: str) -> Path | None:
        """Where a document belongs; None where it is no file."""
        path = belongs_at(uri)
        return None if path is None else self.as_opened(path)

    def as_opened(self, path: Path) -> Path:
        """The file's path below its folder as the editor opened that, when a link leads to either.

        Other servers name a definition by its real path, and so does a shell.
        """
        if not self._inside or self.around(path):
            return path
        real = self._real_paths.ask(path) or path
        found = [
            (folder.real, folder.root)
            for folder in self._inside
            if folder.root is not None and folder.real is not None
            if real.is_relative_to(folder.real)
        ]
        if not found:
            return path
        real_root, root = max(found, key=lambda one: len(str(one[0])))
        return root / real.relative_to(real_root)

    def _of(self, path: Path) -> Folder:
        around = self.around(path)
        return max(around, key=lambda folder: len(str(folder.root))) if around else self._outside

    def begin(self, roots: Iterable[Path], options: Any) -> None:
        """The folders that the editor opened, and what it says in its settings."""
        self._options, self._own_options = options, {}
        self._outside = Folder(None, options)
        self._inside = [Folder(root, options) for root in dict.fromkeys(roots)]

    def move(self, added: Iterable[Path], removed: Sequence[Path]) -> list[Folder]:
        """Folders came and went; returns those that went."""
        gone = [folder for folder in self._inside if folder.root in removed]
        self._inside = [folder for folder in self._inside if folder not in gone]
        new = [root for root in dict.fromkeys(added) if root not in self.roots]
        self._inside += [Folder(root, self._options) for root in new]
        return gone

    def set_options(self, options: Any) -> None:
        """What the editor says in its settings now."""
        self._options = options
        self._lay_options()

    def set_own_options(self, own: Mapping[Path, Any]) -> None:
        """What it says for single folders now; with nothing of its own, a folder has the rest's."""
        self._own_options = own
        self._lay_options()

    def _lay_options(self) -> None:
        for folder in self:
            own = self._own_options.get(folder.root) if folder.root is not None else None
            differs = own is not None and own != self._options
            where = f"editor settings for {folder.name}" if differs else EDITOR_SETTINGS
            folder.config.set_editor_options(own if differs else self._options, where)

    def read(self) -> list[Workspace]:
        """Read each repository that is new or is to be read by other rules.

        Returns those that are no longer needed.
        """
        replaced: list[Workspace] = []
        for folder in self:
            excluded = tuple(self._excluded_by_inner(folder))
            read_as = folder.settings.context, folder.settings.privacy, excluded
            if read_as == folder._read_as:
                continue
            folder._read_as = read_as
            replaced.append(folder.workspace)
            folder.workspace = Workspace(
                folder.root, folder.settings, self._on_progress, excluded, self._turn
            )
            folder.workspace.start()
        return replaced

    def _excluded_by_inner(self, outer: Folder) -> Iterator[str]:
        """What folders inside of this one keep from being read, as patterns of this one."""
        for inner in self._inside:
            if inner is outer or inner.root is None or outer.root is None:
                continue
            if inner.root.is_relative_to(outer.root):
                name = inner.root.relative_to(outer.root).as_posix()
                owner = inner.owner()
                for pattern in owner.exclude if owner is not None else ():
                    yield below(name, pattern)

    def name_for(self, folder: Folder, uri: str) -> str:
        """What a document is called in this folder's prompts: never more than is needed.

        What lies elsewhere has a name that no file of the folder can have.
        """
        path = self.path_of(uri)
        if path is None:
            return encodable(uri.rsplit("/", 1)[-1].rpartition(":")[2])
        cell = cell_of(uri)
        return encodable(self._name(folder, path) + (cell and f"#{cell}"))

    def _name(self, folder: Folder, path: Path) -> str:
        if folder.root is not None and path.is_relative_to(folder.root):
            return path.relative_to(folder.root).as_posix()
        owner = self._of(path)
        if owner.root is not None:
            return f"../{owner.name}/{path.relative_to(owner.root).as_posix()}"
        return path.name if folder.root is None else f"../{path.name}"


def _stamp(path: Path) -> tuple[int, int] | None:
    """What changes when the file does; None while there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
