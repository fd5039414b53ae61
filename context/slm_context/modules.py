"""Which files of the repository a module's name means, for one document."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property

from slm_context.cursor import DocumentContext
from slm_context.entries import GENERIC, stem_of
from slm_context.imports import Import
from slm_context.index import Found
from slm_context.receiver import Step
from slm_context.stems import inner_module
from slm_context.view import View

MAX_FILES = 40
# Rust's words for the crate that a file is of.
HERE = frozenset({"crate", "self", "super"})
# Files that speak for their folder.
HEADS = GENERIC | {"lib"}
ASIDE = frozenset({"bin", "tests", "examples", "benches", "test"})
CARGO_NAME = re.compile(r'^\[package\][^\[]*?^name\s*=\s*"([\w-]+)"', re.M | re.S)


class Modules:
    """Modules as the document at `path` names them. `manifest` reads a build file of the root."""

    def __init__(
        self,
        document: DocumentContext,
        language: str,
        imports: Sequence[Import],
        view: View,
        manifest: Callable[[str], str],
    ) -> None:
        self._document = document
        self._language = language
        self._imports = imports
        self._view = view
        self._manifest = manifest

    def named(self, steps: Sequence[Step]) -> list[str]:
        """The modules that `a.b.c` may stand for."""
        if not steps or any(step.called for step in steps):
            return []
        names = [step.name for step in steps]
        found = [
            inner_module(self._language, module, *names[1:]) for module in self._imported(names[0])
        ]
        if self._language == "rust" and (len(names) > 1 or names[0] in HERE or self.is_own(names)):
            found.append("::".join(names))
        return found

    def files(self, module: str) -> list[str]:
        """The files of a module, the likeliest first."""
        if self._language == "go":
            return self._go_package(module)
        found = dict.fromkeys(self._view.files_of(module, self._language, self._document.path))
        found.pop(self._document.path, None)
        if self._language == "rust":
            crate = module.partition("::")[0].replace("_", "-")
            own = self._document.path.partition("/src/")[0]
            return sorted(
                found,
                key=lambda path: (
                    bool(ASIDE.intersection(path.split("/"))),
                    crate not in path.split("/"),
                    not path.startswith(own + "/"),
                    len(path),
                ),
            )[:MAX_FILES]
        return list(found)[:MAX_FILES]

    def is_module(self, name: str) -> bool:
        """Whether a name stands for a module of the repository, or for what holds one."""
        inner = (one.module for one in self._imports if one.module.startswith(f"{name}."))
        return any(self.files(module) for module in (*self._imported(name), *inner))

    def meant(self, name: str, found: Sequence[Found]) -> list[Found]:
        """Of several definitions those that an import of the name means, if it means any.

        Members are left: nobody imports them.
        """
        modules = [one.module for one in self._imports if (name, name) in one.names]
        if not modules or len(found) < 2:
            return list(found)
        files = frozenset(path for module in modules for path in self.files(module))
        named = [one for one in found if not one.definition.scope]
        meant = [one for one in named if one.path in files]
        if not meant:  # a package hands it on
            heads = [path for path in files if stem_of(path).rpartition("/")[2] in HEADS]
            folders = tuple(path[: path.rfind("/") + 1] for path in heads)
            meant = [one for one in named if folders and one.path.startswith(folders)]
        return [*meant, *(one for one in found if one.definition.scope)] if meant else list(found)

    def is_own(self, names: Sequence[str]) -> bool:
        """Whether a path of modules begins with a crate of the repository."""
        first = names[0].replace("_", "-")
        return first in HERE or first == self._crate or self._view.has_folder(first)

    def _imported(self, name: str) -> list[str]:
        found: list[str] = []
        for one in self._imports:
            for here, there in one.names:
                if here == name:
                    inner = there if there != "*" else ""
                    found.append(
                        inner_module(self._language, one.module, inner) if inner else one.module
                    )
                elif not there and self._language == "go" and one.module.endswith(f"/{name}"):
                    found.append(one.module)
        return found

    def _go_package(self, module: str) -> list[str]:
        if module.startswith("//"):  # from the root on, by `own_names`
            return self._view.files_in(module[2:], "go", MAX_FILES)
        parts = module.split("/")
        for n in (3, 2, 1):
            found = self._view.files_in("/".join(parts[-n:]), "go", MAX_FILES)
            if found:
                return found
        return []

    @cached_property
    def _crate(self) -> str:
        match = CARGO_NAME.search(self._manifest("Cargo.toml"))
        return match[1] if match else ""
