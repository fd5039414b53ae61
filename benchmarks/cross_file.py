"""Places where the hidden rest of the line names something that another file defines.

The cursor stands before the name. Who the name belongs to is told by the text and by the build
files of the repository, not by the product's own resolution of imports: `errors.New` is no case
because a repository has some `New` as well, when `errors` is not one of its modules.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from slm_context.cursor import DocumentContext
from slm_context.imports import Import
from slm_context.index import Found, Index
from slm_context.names import IDENTIFIER, KEYWORDS
from slm_context.retrievers.definitions import IMPORTING
from slm_context.syntax import Place, SyntaxTree, parse

LANGUAGES = ("python", "go", "rust", "java", "typescript", "tsx", "javascript")
NO_STATEMENT = ("#", "//", "*", "import", "from", "use ", "pub use ", "package")
MEMBER = re.compile(r"(?:\.|::|->)\s*$")
# `a.b(c).`: the name at the start of a chain, with brackets one level deep.
CHAIN = re.compile(r"([A-Za-z_]\w*)(?:\s*\([^()]*\)|\[[^\]]*\]|(?:\.|::)\w+)*\s*(?:\.|::)\s*$")


@dataclass(frozen=True)
class Case:
    """A place whose hidden text names something of another file."""

    root: Path
    language: str
    document: DocumentContext
    truth: str  # the rest of the line
    name: str
    definitions: tuple[Found, ...]

    def is_shown(self, text: str) -> bool:
        """Whether a snippet holds the definition, or names it in the list of what there is."""
        return re.search(rf"(?<!\w){re.escape(self.name)}(?!\w)", text) is not None


def cases(root: Path, index: Index, n_wanted: int, seed: int) -> Iterator[Case]:
    """Up to `n_wanted` cases of one repository, chosen by seed and by nothing else."""
    rng = random.Random(seed)
    languages = dict(files_of(index))
    paths = sorted(languages)
    rng.shuffle(paths)
    n_found = 0
    for path in paths:
        text = (root / path).read_text("utf-8", "replace")
        lines = text.split("\n")
        numbers = list(range(3, len(lines)))
        rng.shuffle(numbers)
        tree = parse(text, languages[path])
        of_file = 0
        for number in numbers:
            case = _case(root, index, path, languages[path], lines, number, tree)
            if case is not None:
                yield case
                n_found += 1
                of_file += 1
            if n_found >= n_wanted:
                return
            if of_file >= 3:
                break


def files_of(index: Index) -> Iterator[tuple[str, str]]:
    rows = index._db.execute("SELECT path, language FROM files ORDER BY path")
    yield from ((path, language) for path, language in rows if language in LANGUAGES)


def _case(
    root: Path,
    index: Index,
    path: str,
    language: str,
    lines: list[str],
    number: int,
    tree: SyntaxTree | None,
) -> Case | None:
    line = lines[number]
    if not line.strip() or line.strip().startswith(NO_STATEMENT) or tree is None:
        return None
    own = {one.name for one in index.outline(path)}
    imports = index.imports(path)
    start = sum(len(one) + 1 for one in lines[:number])
    for match in IDENTIFIER.finditer(line):
        name, before = match.group(), line[: match.start()]
        called = line[match.end() : match.end() + 1] == "("
        if name in KEYWORDS or name in own or not (called or name[0].isupper()):
            continue
        if tree.place(start + match.start() + 1) is not Place.CODE:
            continue
        around = {node.type for node in tree.ancestors(start + match.start() + 1)}
        if any("import" in kind or kind == "use_declaration" for kind in around):
            continue
        member = MEMBER.search(before) is not None
        imported = {here for one in imports for here, _ in one.names}
        if not member and language in IMPORTING and name not in imported:
            continue  # a variable, by chance called as something elsewhere
        text = "\n".join(lines)
        if _is_foreign(root, index, language, imports, before if member else name, text, member):
            continue
        found = [one for one in index.definitions([name]) if one.language == language]
        elsewhere = {one.path for one in found}
        if not 1 <= len(elsewhere) <= 2 or path in elsewhere:
            continue
        chain = CHAIN.search(before)
        of_module = chain is not None and chain[1] in imported
        if not any(_fits(one, language, member, of_module, called) for one in found):
            continue
        hidden = "\n".join([*lines[:number], before, *lines[number + 1 :]])
        document = DocumentContext(path, language, hidden, start + len(before))
        return Case(root, language, document, line[match.start() :].rstrip(), name, tuple(found))
    return None


def _fits(found: Found, language: str, member: bool, of_module: bool, called: bool) -> bool:
    """Whether the text can mean this definition: a value's members are defined in its class."""
    one = found.definition
    if member:
        return of_module or bool(one.scope) or language in ("rust", "java")
    if one.scope and one.kind not in ("class", "type"):
        return language == "java" and called  # inherited
    return True


def _is_foreign(
    root: Path,
    index: Index,
    language: str,
    imports: list[Import],
    used: str,
    text: str,
    member: bool,
) -> bool:
    """Whether a name, or what the chain before it begins with, is imported from elsewhere."""
    first = used
    if member:
        chain = CHAIN.search(used)
        if chain is None:
            return used.rstrip().endswith(("'.", '".'))
        first = chain[1]
        # What is declared, or made, in the words of a foreign package.
        typed = re.search(rf"\b([A-Z]\w*)(?:<[^;(){{}}]*>)?(?:\[\])?\s+{first}\b", text)
        if language == "java" and typed and not index.definitions([typed[1]]):
            return True  # a String
        said = re.search(rf"\b{first}(?:, \w+)*\s*(?::?=|:)?\s*[*&\[\]]*(\w+)(?:\.|::)[A-Z]", text)
        if said and said[1] != first and _foreign_name(root, language, imports, said[1]):
            return True
    return _foreign_name(root, language, imports, first)


def _foreign_name(root: Path, language: str, imports: list[Import], name: str) -> bool:
    modules = [one.module for one in imports for here, _ in one.names if here == name]
    if modules:
        return not any(_is_own_module(root, language, module) for module in modules)
    # Rust names crates without importing them.
    return language == "rust" and name in ("std", "core", "alloc", *_dependencies(root))


def _is_own_module(root: Path, language: str, module: str) -> bool:
    folders, stems = _names(root)
    match language:
        case "python":
            return module.startswith(".") or module.partition(".")[0] in folders | stems
        case "go":
            return any(module.startswith(own) for own in _go_modules(root))
        case "rust":
            first = module.partition("::")[0]
            if first in ("std", "core", "alloc", *_dependencies(root)):
                return False
            return True
        case "java":
            package = module.rpartition(".")[0].replace(".", "/")
            return any(f"/{one}/".endswith(f"/{package}/") for one in _folders(root))
        case _:
            return module.startswith((".", "/", "~", "@/", "#"))


@lru_cache
def _folders(root: Path) -> frozenset[str]:
    return frozenset(p.parent.relative_to(root).as_posix() for p in root.rglob("*.java"))


@lru_cache
def _names(root: Path) -> tuple[frozenset[str], frozenset[str]]:
    files = [p.relative_to(root) for p in root.rglob("*.py")]
    folders = frozenset(part for p in files for part in p.parts[:-1])
    return folders, frozenset(p.stem for p in files)


@lru_cache
def _go_modules(root: Path) -> tuple[str, ...]:
    texts = (p.read_text("utf-8", "replace") for p in root.rglob("go.mod"))
    return tuple(m for text in texts for m in re.findall(r"^module\s+(\S+)", text, re.M))


@lru_cache
def _dependencies(root: Path) -> frozenset[str]:
    """Crates that are depended on and that are not of this repository."""
    texts = [p.read_text("utf-8", "replace") for p in root.rglob("Cargo.toml")]
    own = {n for text in texts for n in re.findall(r'^name\s*=\s*"([\w-]+)"', text, re.M)}
    used: set[str] = set()
    for text in texts:
        for table in re.findall(r"^\[[^\]\n]*dependencies\]\n(.*?)(?=^\[|\Z)", text, re.M | re.S):
            used |= set(re.findall(r"^([\w-]+)\s*[=.]", table, re.M))
        used |= set(re.findall(r"^\[[^\]\n]*dependencies\.([\w-]+)\]", text, re.M))
    return frozenset(one.replace("-", "_") for one in used - own)
