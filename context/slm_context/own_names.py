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
# Names that one build file may say: they are looked through at each key.
MAX_NAMES = 200
# A slash in a string begins none: `"@app/*"`. What nobody closes goes to the end, and must: to look
# for an end that is not there, from each beginning, takes minutes.
JSON_COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*"?)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.S)
TS_PATHS = re.compile(r'"paths"\s*:\s*\{([^}]*)')
TS_PATH = re.compile(r'"([^"*\n]+)(\*?)"\s*:\s*\[\s*"([^"*\n]*)(?:\*[^"\n]*)?"')
TS_BASE = re.compile(r'"baseUrl"\s*:\s*"([^"\n]*)"')

Manifest = Callable[[str], str]


def spelled_out(
    imports: Sequence[Import], language: str, path: str, manifest: Manifest
) -> tuple[Import, ...]:
    """The imports of the file at `path`, with own modules named by where they lie.

    `manifest` gives the text of a build file, "" where there is none.
    """
    if language == "go":
        # A module may lie in another's folder, or be replaced by one: the longest name is meant.
        own = dict(sorted(go_modules(path, manifest), key=lambda one: -len(one[0])))
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
            for other, where in replaced:
                inner = _in_folder(folder, where)
                if not _is_outside(inner):
                    yield other, inner
            break
    for where in _go_work(manifest("go.work")):
        folder = _in_folder("", where)
        if _is_outside(folder):  # another repository's, which is not ours to read
            continue
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
                found = [
                    (alias, bool(star), _stands_for(at, where)) for alias, star, where in paths
                ]
                return [one for one in found if not _is_outside(one[2])]
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


def _is_outside(path: str) -> bool:
    return path == ".." or path.startswith("../")


def _stands_for(at: str, where: str) -> str:
    """The folder, with its slash, or the file that an alias means."""
    joined = _in_folder(at, where)
    return f"{joined}/" if joined and (not where or where.endswith("/")) else joined


# Asked at each key, of the same texts: all that one `go.work` may name, and those around the file.
@lru_cache(maxsize=2 * MAX_NAMES)
def _go_mod(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A module's name, and what it takes from folders that lie elsewhere."""
    name, replaced = "", list[tuple[str, str]]()
    for words in _go_lines(text):
        if words[0] == "module" and len(words) > 1:
            name = name or words[1]
        elif "=>" in words[1:-1]:
            other, where = words[words[0] == "replace"], words[words.index("=>") + 1]
            if where.startswith(("./", "../")):
                replaced.append((other, where))
    return (name, tuple(replaced[:MAX_NAMES])) if name else ("", ())


@lru_cache(maxsize=8)
def _go_work(text: str) -> tuple[str, ...]:
    lines = (words[words[0] == "use" :] for words in _go_lines(text))
    return tuple(words[0] for words in lines if len(words) == 1 and words[0][0] == ".")[:MAX_NAMES]


def _go_lines(text: str) -> Iterator[list[str]]:
    """The words of each line that has some: no pattern, so that no file takes long."""
    for line in text.splitlines():
        words = line.partition("//")[0].replace('"', " ").split()
        if words:
            yield words


@lru_cache(maxsize=64)
def _tsconfig(text: str) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    """The folder that paths begin at, and the aliases: the exact ones first, then the longest."""
    text = JSON_COMMENT.sub(r"\1", text)
    base, paths = TS_BASE.search(text), TS_PATHS.search(text)
    aliases = TS_PATH.findall(paths[1])[:MAX_NAMES] if paths else ()
    ranked = sorted(aliases, key=lambda one: (one[1], -len(one[0])))
    return base[1] if base else "", tuple(ranked)
