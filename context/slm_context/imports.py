"""What a file imports, and which files of the repository that can mean.

An import is resolved to *stems*: endings of paths, without the file's extension, in order of
trust. `pkg.mod` in Python means every file that ends with `pkg/mod` or `pkg/mod/__init__`, so
that `src/` layouts, path aliases and workspaces need no configuration of ours.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

NAME = re.compile(r"[A-Za-z_$][\w$]*")
QUOTED = re.compile(r"""["'`<]([^"'`>\n]+)["'`>]""")
PYTHON_FROM = re.compile(r"\s*from\s+([.\w]+)\s+import\s+(.*)", re.S)
AS = re.compile(r"([\w.$*]+)(?:\s+as\s+([\w$]+))?")
RUST_USE = re.compile(r"\s*(?:pub(?:\([^)]*\))?\s+)?use\s+(.*?);?\s*$", re.S)
JS_FROM = re.compile(r"import\s+(?:type\s+)?(.*?)\s+from\s", re.S)


class Import(NamedTuple):
    """One import: `names` are (name here, name there); "*" there means everything."""

    module: str
    names: tuple[tuple[str, str], ...] = ()


def read_import(language: str, text: str) -> list[Import]:
    """The imports that one import statement of `language` makes; [] where it says nothing."""
    reader = _READERS.get(language)
    return list(reader(text)) if reader else []


def stems(language: str, module: str, path: str) -> tuple[str, ...]:
    """Path endings that `module`, imported by the file at `path`, may have."""
    folder = posixpath.dirname(path)
    match language:
        case "python":
            return _python_stems(module, folder)
        case "javascript" | "typescript" | "tsx":
            base = re.sub(r"\.[cm]?[jt]sx?$", "", module)
            if module.startswith("."):
                base = _joined(folder, base)
            else:
                base = re.sub(r"^[@~]?/", "", base)
            return (base, f"{base}/index") if base else ()
        case "go" | "csharp" | "php":
            parts = re.split(r"[/.\\]", module)
            return tuple("/".join(parts[-n:]) + "/" for n in (3, 2, 1) if len(parts) >= n)
        case "rust":
            return _rust_stems(module, folder)
        case "java" | "kotlin" | "scala":
            whole = module.removesuffix(".*").removesuffix("._").replace(".", "/")
            return (whole, posixpath.dirname(whole)) if "/" in whole else (whole,)
        case "c" | "cpp":
            base = posixpath.splitext(module)[0]
            return (_joined(folder, base), posixpath.normpath(base))
        case _:
            return ()


def _python(text: str) -> Iterator[Import]:
    text = re.sub(r"#[^\n]*|\\\n", "", text)
    found = PYTHON_FROM.match(text)
    if found:
        names = (AS.match(one.strip("() \n\t")) for one in found[2].split(","))
        yield Import(found[1], tuple((one[2] or one[1], one[1]) for one in names if one))
        return
    for one in text.strip().removeprefix("import").split(","):
        name = AS.match(one.strip())
        if name:
            yield Import(name[1], ((name[2] or name[1].partition(".")[0], ""),))


def _javascript(text: str) -> Iterator[Import]:
    module = QUOTED.search(text)
    if module is None:
        return
    said = JS_FROM.search(text)
    head = said[1] if said else text.partition("=")[0]
    before, _, braces = head.partition("{")
    names = [(name, "") for name in NAME.findall(before) if name not in _JS_WORDS]
    for one in braces.partition("}")[0].split(","):
        pair = re.match(r"\s*(?:type\s+)?([\w$]+)(?:\s*(?:as|:)\s*([\w$]+))?", one)
        if pair:
            names.append((pair[2] or pair[1], pair[1]))
    yield Import(module[1], tuple(names))


def _go(text: str) -> Iterator[Import]:
    module = QUOTED.search(text)
    if module:
        alias = NAME.match(text.strip())
        last = module[1].rsplit("/", 1)[-1]
        yield Import(module[1], ((alias.group() if alias else last, ""),))


def _rust(text: str) -> Iterator[Import]:
    found = RUST_USE.match(text)
    if found:
        yield from _rust_tree("", found[1])


def _rust_tree(prefix: str, text: str) -> Iterator[Import]:
    text = text.strip()
    head, brace, inner = text.partition("{")
    if brace:
        depth, part = 0, ""
        for character in inner.rpartition("}")[0] + ",":
            depth += (character == "{") - (character == "}")
            if character == "," and depth == 0:
                yield from _rust_tree(prefix + head, part)
                part = ""
            else:
                part += character
        return
    name = re.match(r"([\w:*]+)(?:\s+as\s+(\w+))?", text)
    if name:
        module, _, last = (prefix + name[1]).rpartition("::")
        if last == "self":
            module, _, last = module.rpartition("::")
        yield Import(module, ((name[2] or last, last),))


def _dotted(text: str) -> Iterator[Import]:
    """Java, Kotlin, Scala, C#, PHP: the last part is the name."""
    found = re.search(r"\b(?:import|using|use)\s+(?:static\s+)?([\w.\\*]+)", text)
    if found:
        module = found[1].replace("\\", ".")
        last = module.rsplit(".", 1)[-1]
        yield Import(module, ((last, last),))


def _include(text: str) -> Iterator[Import]:
    module = QUOTED.search(text)
    if module:
        yield Import(module[1], (("*", "*"),))


def _python_stems(module: str, folder: str) -> tuple[str, ...]:
    n_dots = len(module) - len(module.lstrip("."))
    inner = module.lstrip(".").replace(".", "/")
    if n_dots:
        base = _joined(folder, "/".join([".."] * (n_dots - 1) + ([inner] if inner else [])))
    else:
        base = inner
    return (base, f"{base}/__init__") if base else ("__init__",)


def _rust_stems(module: str, folder: str) -> tuple[str, ...]:
    parts = [part for part in module.split("::") if part]
    if parts and parts[0] in ("self", "super"):
        inner = [".." if part == "super" else "." for part in parts if part in ("self", "super")]
        inner += [part for part in parts if part not in ("self", "super")]
        base = _joined(folder, "/".join(inner))
        return (base, f"{base}/mod")
    inner = "/".join(parts[1:])
    return (inner, f"{inner}/mod") if inner else ("lib", "main")


def _joined(folder: str, relative: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, relative or "."))
    return "" if joined == "." else joined.removeprefix("../")


_JS_WORDS = frozenset({"import", "type", "as", "from", "const", "let", "var", "require"})
_READERS: dict[str, Callable[[str], Iterator[Import]]] = {
    "python": _python,
    **dict.fromkeys(("javascript", "typescript", "tsx"), _javascript),
    "go": _go,
    "rust": _rust,
    **dict.fromkeys(("java", "kotlin", "scala", "csharp", "php"), _dotted),
    **dict.fromkeys(("c", "cpp"), _include),
}
