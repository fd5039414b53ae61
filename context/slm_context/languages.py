"""The languages we know: by LSP id, file name, extension or first line; grammars load lazily."""

import importlib
import re
from dataclasses import dataclass
from functools import cache

from tree_sitter import Language as Grammar


@dataclass(frozen=True, slots=True)
class Language:
    """One language. `grammar` is `module:function` of its tree-sitter wheel."""

    name: str
    grammar: str
    lsp_ids: tuple[str, ...]
    extensions: tuple[str, ...]
    line_comment: str
    file_names: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()


LANGUAGES: tuple[Language, ...] = (
    Language(
        "python",
        "tree_sitter_python:language",
        ("python",),
        (".py", ".pyi", ".pyw"),
        "#",
        ("SConstruct", "SConscript"),
        ("python",),
    ),
    Language(
        "javascript",
        "tree_sitter_javascript:language",
        ("javascript", "javascriptreact"),
        (".js", ".jsx", ".mjs", ".cjs"),
        "//",
        ("Jakefile",),
        ("node",),
    ),
    Language(
        "typescript",
        "tree_sitter_typescript:language_typescript",
        ("typescript",),
        (".ts", ".mts", ".cts"),
        "//",
        (),
        ("deno", "ts-node"),
    ),
    Language(
        "tsx", "tree_sitter_typescript:language_tsx", ("typescriptreact", "tsx"), (".tsx",), "//"
    ),
    Language("go", "tree_sitter_go:language", ("go",), (".go",), "//"),
    Language("rust", "tree_sitter_rust:language", ("rust",), (".rs",), "//"),
    Language("java", "tree_sitter_java:language", ("java",), (".java",), "//"),
    Language("c", "tree_sitter_c:language", ("c",), (".c",), "//"),
    Language(
        "cpp",
        "tree_sitter_cpp:language",
        ("cpp", "c++", "objective-cpp", "cuda-cpp"),
        (".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx", ".h", ".inl", ".ipp", ".cu", ".cuh"),
        "//",
    ),
    Language("csharp", "tree_sitter_c_sharp:language", ("csharp", "cs"), (".cs", ".csx"), "//"),
    Language(
        "ruby",
        "tree_sitter_ruby:language",
        ("ruby",),
        (".rb", ".rake", ".gemspec", ".ru"),
        "#",
        ("Rakefile", "Gemfile", "Guardfile", "Vagrantfile", "Podfile"),
        ("ruby",),
    ),
    Language(
        "php", "tree_sitter_php:language_php", ("php",), (".php", ".phtml"), "//", (), ("php",)
    ),
    Language(
        "bash",
        "tree_sitter_bash:language",
        ("shellscript", "sh", "bash", "zsh"),
        (".sh", ".bash", ".zsh", ".bats"),
        "#",
        (".bashrc", ".bash_profile", ".profile", ".zshrc", "PKGBUILD"),
        ("sh", "bash", "zsh", "dash", "ksh"),
    ),
    Language("lua", "tree_sitter_lua:language", ("lua",), (".lua",), "--", (), ("lua", "luajit")),
    Language("kotlin", "tree_sitter_kotlin:language", ("kotlin",), (".kt", ".kts"), "//"),
    Language("swift", "tree_sitter_swift:language", ("swift",), (".swift",), "//"),
    Language("scala", "tree_sitter_scala:language", ("scala",), (".scala", ".sc", ".sbt"), "//"),
)

# Those whose files use each other's names, and those that are also written alike.
_SCRIPTS, _C, _JVM = ("javascript", "typescript", "tsx"), ("c", "cpp"), ("java", "kotlin", "scala")
_FAMILIES = {name: frozenset(them) for them in (_SCRIPTS, _C, _JVM) for name in them}
_ALIKE = {name: them for them in (_SCRIPTS, _C) for name in them}

_BY_NAME = {language.name: language for language in LANGUAGES}
_BY_LSP_ID = {lsp_id: one.name for one in LANGUAGES for lsp_id in one.lsp_ids}
_BY_EXTENSION = {extension: one.name for one in LANGUAGES for extension in one.extensions}
_BY_FILE_NAME = {file_name: one.name for one in LANGUAGES for file_name in one.file_names}
_BY_INTERPRETER = {program: one.name for one in LANGUAGES for program in one.interpreters}
_SHEBANG = re.compile(r"#!\s*\S*?([\w.-]+)(?:[ \t]+(?:-S[ \t]+)?([\w.-]+))?")


def language_for(path: str, lsp_id: str | None = None, first_line: str = "") -> str | None:
    """Our name of the language of a file; None where there is no grammar.

    The editor's word counts first, except that it may call a `.tsx` file plain TypeScript.
    """
    file_name = path.replace("\\", "/").rsplit("/", 1)[-1]
    extension = "." + file_name.rsplit(".", 1)[-1].lower() if "." in file_name else ""
    by_path = _BY_FILE_NAME.get(file_name) or _BY_EXTENSION.get(extension)
    by_id = _BY_LSP_ID.get(lsp_id.lower()) if lsp_id else None
    if by_id == "typescript" and by_path == "tsx":
        return "tsx"
    return by_id or by_path or _by_shebang(first_line)


def _by_shebang(first_line: str) -> str | None:
    match = _SHEBANG.match(first_line)
    if match is None:
        return None
    program, argument = match.groups()
    name = argument if program == "env" and argument else program
    return _BY_INTERPRETER.get(re.sub(r"[\d.]+$", "", name))


def language(name: str) -> Language:
    """The language called `name`; KeyError when there is none."""
    return _BY_NAME[name]


def line_comment(name: str) -> str:
    """What begins a comment up to the end of the line."""
    return _BY_NAME[name].line_comment


def family(name: str) -> frozenset[str]:
    """The languages that see each other's definitions with `name`, itself among them."""
    return _FAMILIES.get(name) or frozenset((name,))


def written_alike(name: str) -> tuple[str, ...]:
    """The languages whose texts are examples for `name`, itself among them."""
    return _ALIKE.get(name) or (name,)


@cache
def grammar(name: str) -> Grammar | None:
    """The tree-sitter grammar of a language; None where its wheel is missing or does not fit."""
    if name not in _BY_NAME:
        return None
    module, function = _BY_NAME[name].grammar.split(":")
    try:
        pointer = getattr(importlib.import_module(module), function)()
        return Grammar(pointer)  # pyright: ignore[reportDeprecated] - some wheels give an int
    except (ImportError, ValueError):
        return None
