"""The code that diagnostics are measured on: valid files of pinned repositories, and real bugs."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from slm_context.languages import language_for
from slm_context.syntax import SyntaxTree, parse

from slm_lsp.diagnostics.python_verdict import python_verdict

# Tests are full of code that is wrong on purpose; `bad` and the like are nothing else.
SKIPPED = {"test", "tests", "testdata", "bad", "lib2to3", "node_modules", "__pycache__", ".git"}
MAX_BYTES = 400_000


@dataclass(frozen=True, slots=True)
class Source:
    """One file of one repository."""

    repository: str
    path: Path
    language: str

    @property
    def name(self) -> str:
        return self.path.name

    def tree(self, max_chars: int = MAX_BYTES) -> SyntaxTree | None:
        """Parsed; None for a file that is not valid in its language, or too long."""
        text = self.path.read_bytes().decode("utf-8")
        if len(text) > max_chars:
            return None
        if self.language == "python" and python_verdict(text) is not None:
            return None
        return parse(text, self.language)


@dataclass(frozen=True, slots=True)
class Case:
    """A bug that somebody fixed by one token. `line` counts from 1."""

    repository: str
    commit: str
    path: str
    line: int
    kind: str
    tokens: str
    text: str


def trees(roots: list[Path], languages: set[str]) -> Iterator[tuple[Source, SyntaxTree]]:
    for files in sources(roots, languages).values():
        for source in files:
            tree = source.tree()
            if tree is not None:
                yield source, tree


def sources(roots: list[Path], languages: set[str]) -> dict[str, list[Source]]:
    """Files by language, in an order that depends on nothing but their names."""
    found: defaultdict[str, list[Source]] = defaultdict(list)
    for repository in _repositories(roots):
        for path in sorted(repository.rglob("*")):
            language = language_for(path.name)
            inner = path.relative_to(repository)
            if language is None or (languages and language not in languages):
                continue
            if SKIPPED.intersection(inner.parts) or path.is_symlink() or not path.is_file():
                continue
            if not 200 < path.stat().st_size < MAX_BYTES:
                continue
            try:
                path.read_bytes().decode("utf-8")
            except UnicodeDecodeError:
                continue
            found[language].append(Source(repository.name, path, language))
    return found


def _repositories(roots: list[Path]) -> Iterator[Path]:
    """The folders below a root; the root itself where it holds no folder of a repository."""
    for root in roots:
        inner = sorted(path for path in root.iterdir() if path.is_dir() and "+" in path.name)
        yield from inner or [root]


def real_cases(fixes: Path, clones: Path) -> Iterator[Case]:
    """The file before each fix; only those that could be had and are valid Python."""
    for line in fixes.read_text("utf-8").splitlines():
        case = json.loads(line)
        clone = clones / case["repo"].replace("/", "+") / "repo"
        if not case["core"] or not clone.is_dir():
            continue
        shown = subprocess.run(
            ["git", "-C", clone, "cat-file", "blob", f"{case['fix_commit']}^:{case['path']}"],
            capture_output=True,
            check=False,
        )
        text = shown.stdout.decode("utf-8", "replace")
        if shown.returncode or python_verdict(text) is not None:
            continue
        tokens = " → ".join("/".join(pair) for pair in case["buggy_fixed"])
        yield Case(
            case["repo"],
            case["fix_commit"],
            case["path"],
            case["buggy_line"],
            case["kind"],
            tokens,
            text,
        )
