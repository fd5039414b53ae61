"""What a file imports, as its statements say; `stems` tells which files that can mean."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

NAME = re.compile(r"[A-Za-z_$][\w$]*")
QUOTED = re.compile(r"""["'`<]([^"'`<>\n]+)["'`>]""")
PYTHON_FROM = re.compile(r"\s*from\s+([.\w]+)\s+import\s+(.*)", re.S)
AS = re.compile(r"([\w.$*]+)(?:\s+as\s+([\w$]+))?")
RUST_USE = re.compile(r"\s*(?:pub(?:\([^)]*\))?\s+)?use\s+(.*)", re.S)
GO_VERSION = re.compile(r"/v\d+$|\.v\d+$")
# What stands before the names: `import static`, `use function`, `global using`.
DOTTED = re.compile(r"^\s*(?:global\s+)?(?:import|using|use)\s+(?:(?:static|function|const)\s+)?")
# Braces within braces that are followed: nobody writes more.
MAX_BRACES = 20
# One space each, and not all there are: where no `from` comes, trying each takes minutes.
JS_FROM = re.compile(r"import\s(.*?)\sfrom\s", re.S)
# What is longer is cut: nobody writes such a statement.
MAX_STATEMENT = 10_000


class Import(NamedTuple):
    """One import: `names` are (name here, name there); "*" there means everything."""

    module: str
    names: tuple[tuple[str, str], ...] = ()


def read_import(language: str, text: str) -> list[Import]:
    """The imports that one import statement of `language` makes; [] where it says nothing."""
    reader = _READERS.get(language)
    # Of `import "x/"`, which somebody has begun to write, the name is not there yet.
    return [
        one._replace(names=tuple(pair for pair in one.names if pair[0]))
        for one in (reader(text[:MAX_STATEMENT]) if reader else ())
    ]


def _python(text: str) -> Iterator[Import]:
    text = re.sub(r"#[^\n]*|\\\n", "", text)
    found = PYTHON_FROM.match(text)
    if found:
        names = (AS.match(one.strip("() \n\t")) for one in found[2].split(","))
        yield Import(found[1], tuple((one[2] or one[1], one[1]) for one in names if one))
        return
    for one in text.strip().removeprefix("import").split(","):
        name = AS.match(one.strip())
        if name is None:
            continue
        first = name[1].partition(".")[0]
        if name[2] or first == name[1]:
            yield Import(name[1], ((name[2] or first, ""),))
        else:  # `import a.b` names a, and reads a.b
            yield Import(first, ((first, ""),))
            yield Import(name[1])


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
        # `a.org/echo/v4` and `gopkg.in/yaml.v3` are echo and yaml.
        last = GO_VERSION.sub("", module[1]).rsplit("/", 1)[-1]
        yield Import(module[1], ((alias.group() if alias else last, ""),))


def _rust(text: str) -> Iterator[Import]:
    found = RUST_USE.match(text)
    if found:
        yield from _rust_tree("", found[1], MAX_BRACES)


def _rust_tree(prefix: str, text: str, n_braces: int) -> Iterator[Import]:
    text = text.strip()
    head, brace, inner = text.partition("{")
    if brace:
        for part in _parts(inner.rpartition("}")[0]) if n_braces else ():
            yield from _rust_tree(prefix + head, part, n_braces - 1)
        return
    name = re.match(r"([\w:*]+)(?:\s+as\s+(\w+))?", text)
    if name:
        module, _, last = (prefix + name[1]).rpartition("::")
        if last == "self":
            module, _, last = module.rpartition("::")
        yield Import(module, ((name[2] or last, last),))


def _dotted(text: str) -> Iterator[Import]:
    """Java, Kotlin, Scala, C#, PHP: the last part is the name."""
    text = DOTTED.sub("", text).strip().rstrip(";").replace("\\", ".")
    for one in _parts(text):
        aliased = re.match(r"(\w+)\s*=(?!>)", one)  # C#
        named = one[aliased.end() :] if aliased else one
        before, brace, inner = named.partition("{")
        for selected in _parts(inner.rpartition("}")[0]) if brace else ("",):
            found = re.match(r"([\w.*]+)(?:\s*(?:\bas\b|=>)\s*(\w+))?", (before + selected).strip())
            if found is None:
                continue
            module = re.sub(r"\._$", ".*", found[1])
            last = module.rsplit(".", 1)[-1]
            here = aliased[1] if aliased else found[2] or last
            yield Import(module, ((here, last),))


def _parts(text: str) -> Iterator[str]:
    """What commas part, but for those within braces."""
    depth, part = 0, ""
    for character in text + ",":
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            yield part.strip()
            part = ""
        else:
            part += character


def _include(text: str) -> Iterator[Import]:
    module = QUOTED.search(text)
    if module:
        yield Import(module[1], (("*", "*"),))


_JS_WORDS = frozenset({"import", "type", "as", "from", "const", "let", "var", "require"})
_READERS: dict[str, Callable[[str], Iterator[Import]]] = {
    "python": _python,
    **dict.fromkeys(("javascript", "typescript", "tsx"), _javascript),
    "go": _go,
    "rust": _rust,
    **dict.fromkeys(("java", "kotlin", "scala", "csharp", "php"), _dotted),
    **dict.fromkeys(("c", "cpp"), _include),
}
