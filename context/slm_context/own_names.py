"""What a repository calls its own folders in imports, by its build files.

Go's `go.mod` and `go.work`, and the paths of `tsconfig.json`: names that no path ends with.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from slm_context.imports import Import

SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
# Files that say such names; who changes one changes what imports mean.
MANIFESTS = frozenset(
    {"go.mod", "go.work", "Cargo.toml", "tsconfig.json", "jsconfig.json", "tsconfig.base.json"}
)
COMMENT = re.compile(r"//[^\n]*")
# A slash in a string begins none: `"@app/*"`.
JSON_COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.S)
GO_MODULE = re.compile(r"^module\s+\"?([^\s\"]+)", re.M)
GO_REPLACED = re.compile(r"^(?:replace)?\s*(\S+)(?:\s+v\S+)?\s*=>\s*(\.\.?/\S*)", re.M)
GO_USED = re.compile(r"^\s*(?:use\s+)?(\.\.?/?[^\s()]*)\s*$", re.M)
TS_PATHS = re.compile(r'"paths"\s*:\s*\{([^}]*)\}')
TS_PATH = re.compile(r'"([^"*\n]+)(\*?)"\s*:\s*\[\s*"([^"*\n]*)\*?[^"\n]*"')
TS_BASE = re.compile(r'"baseUrl"\s*:\s*"([^"\n]*)"')

Manifest = Callable[[str], str]


def spelled_out(
    imports: Sequence[Import], language: str, path: str, manifest: Manifest
) -> tuple[Import, ...]:
    """The imports of the file at `path`, with own modules named by where they lie.

    `manifest` gives the text of a build file, "" where there is none.
    """
    if language == "go":
        own = dict(go_modules(path, manifest))
        found = [(one, _in_go(one.module, own)) for one in imports]
        return tuple(one._replace(module=where) for one, where in found if where is not None)
    if language in SCRIPTS and any(one.module[:1] != "." for one in imports):
        aliases = script_aliases(path, manifest)
        return tuple(one._replace(module=_by_alias(one.module, aliases)) for one in imports)
    return tuple(imports)


def go_modules(path: str, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """The modules whose files lie in the repository, and their folders, the nearest first."""
    for folder in _upwards(path):
        name, replaced = _go_mod(manifest(posixpath.join(folder, "go.mod")))
        if name:
            yield name, folder
            yield from ((other, _in_folder(folder, where)) for other, where in replaced)
            break
    for where in _go_work(manifest("go.work")):
        folder = _in_folder("", where)
        name, _ = _go_mod(manifest(posixpath.join(folder, "go.mod")))
        if name:
            yield name, folder


def _in_go(module: str, own: dict[str, str]) -> str | None:
    """`//folder` for a package of the repository; None for another's, where it is known whose."""
    for name, folder in own.items():
        if module == name or module.startswith(f"{name}/"):
            return "//" + posixpath.join(folder, module[len(name) + 1 :]).rstrip("/")
    return None if own else module


def script_aliases(path: str, manifest: Manifest) -> list[tuple[str, bool, str]]:
    """(alias, whether it is a beginning, what it stands for from the root on)."""
    for folder in _upwards(path):
        for name in ("tsconfig.json", "jsconfig.json", "tsconfig.base.json"):
            base, paths = _tsconfig(manifest(posixpath.join(folder, name)))
            if paths:
                at = _in_folder(folder, base)
                return [
                    (alias, bool(star), _in_folder(at, where) + "/" * where.endswith("/"))
                    for alias, star, where in paths
                ]
    return []


def _by_alias(module: str, aliases: Sequence[tuple[str, bool, str]]) -> str:
    for alias, is_beginning, where in aliases:
        if module == alias:
            return where
        if is_beginning and module.startswith(alias):
            return where + module[len(alias) :]
    return module


def _upwards(path: str) -> Iterator[str]:
    """The folder of a file, and those around it."""
    folder = posixpath.dirname(path)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def _in_folder(folder: str, where: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, where))
    return "" if joined == "." else joined


# Asked at each key, of the same few texts.
@lru_cache(maxsize=64)
def _go_mod(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A module's name, and what it takes from folders that lie elsewhere."""
    text = COMMENT.sub("", text)
    named = GO_MODULE.search(text)
    return (named[1], tuple(GO_REPLACED.findall(text))) if named else ("", ())


@lru_cache(maxsize=8)
def _go_work(text: str) -> tuple[str, ...]:
    return tuple(GO_USED.findall(COMMENT.sub("", text)))


@lru_cache(maxsize=64)
def _tsconfig(text: str) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    text = JSON_COMMENT.sub(r"\1", text)
    base, paths = TS_BASE.search(text), TS_PATHS.search(text)
    return base[1] if base else "", tuple(TS_PATH.findall(paths[1])) if paths else ()
