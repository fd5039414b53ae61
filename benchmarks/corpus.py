"""Real places in real code: repositories pinned by commit, and positions drawn from them by seed.

Clone the repositories of `SOURCES` as DIR/owner/name (bare or not), then pass `--repos DIR`. None
of them may be trained on, and no position is chosen by what a model makes of it.
"""

import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from slm_context.cursor import DocumentContext
from slm_context.languages import language_for

# Long enough to have context, short enough to parse many times.
FILE_CHARS = (1_000, 40_000)
LONGEST_LINE = 200
# Of each kind in one file, and the lines tried for them.
OF_A_KIND = 2
TRIES = 30
CLOSING = {"(": ")", "[": "]", "{": "}"}
WORD = re.compile(r"[A-Za-z_]\w+")


@dataclass(frozen=True, slots=True)
class Source:
    """Some files of one repository at one commit."""

    repository: str
    commit: str
    glob: str


SOURCES = (
    Source("pallets/click", "2c8cd3ac958a7eb316d67f2d316c27086c4c0369", "src/*.py"),
    Source("pallets/jinja", "5ef70112a1ff19c05324ff889dd30405b1002044", "src/*.py"),
    Source("marshmallow-code/marshmallow", "341b927f219205704728c05cd61f04d7e9727523", "src/*.py"),
    Source("python-poetry/cleo", "8c3f1bbf82d918fc137ad40db65c446e14564aac", "src/*.py"),
    Source("agronholm/anyio", "660a06d548ca72759e9d89ed722dd1ad5227afe4", "src/*.py"),
    Source("gin-gonic/gin", "dcaa4296d111981ffb31ac3eba90bb63e1eb5ab9", "*.go"),
    Source("tokio-rs/axum", "3d78036dcac289d6c1d54934708acb6a5bd73686", "axum*/src/*.rs"),
    Source("expressjs/express", "a3714473feb3d2908add734d340e7755fd85e0a3", "*.js"),
    Source("date-fns/date-fns", "dd66398305c2b015fba3c1b3d31ccff42ee8d4cf", "src/*.ts"),
    Source("google/gson", "9835b6f90192f79cdf5300c528fc6212455fb6c1", "gson/src/main/*.java"),
    Source("nlohmann/json", "199dea11b17c533721b26249e2dcaee6ca1d51d3", "include/nlohmann/*.hpp"),
)


@dataclass(frozen=True, slots=True)
class Position:
    """A document with a piece taken out at the cursor. `truth` is the rest of the line's text.

    `kind` says how the cursor came there; `invoked` that text stands after it, where only a
    person who asks gets an answer.
    """

    repository: str
    kind: str
    document: DocumentContext
    truth: str
    invoked: bool = False


def files(source: Source, repositories: Path) -> Iterator[tuple[str, str]]:
    """(path, text) of the source's files, in an order that depends on nothing but the commit."""
    git = ["git", "-C", str(repositories / source.repository)]
    listing = subprocess.run(
        [*git, "ls-tree", "-r", "-z", "--name-only", source.commit], capture_output=True, check=True
    )
    for path in sorted(listing.stdout.decode().split("\0")):
        if not fnmatch(path, source.glob) or "test" in path.lower():
            continue
        raw = subprocess.run(
            [*git, "show", f"{source.commit}:{path}"], capture_output=True, check=True
        ).stdout
        text = raw.decode("utf-8", "replace")
        if FILE_CHARS[0] <= len(text) <= FILE_CHARS[1]:
            yield path, text


def positions(repositories: Path, a_language: int, seed: int = 0) -> list[Position]:
    """At most `a_language` positions of each language, spread over its files and kinds."""
    by_language: dict[str, list[Position]] = {}
    for source in SOURCES:
        for path, text in files(source, repositories):
            language = language_for(path)
            rng = random.Random(f"{seed}:{source.repository}:{path}")
            drawn = list(_draw(source.repository, path, text, language, rng))
            by_language.setdefault(language or "", []).extend(drawn)
    chosen: list[Position] = []
    for language, found in sorted(by_language.items()):
        random.Random(f"{seed}:{language}").shuffle(found)
        chosen.extend(found[:a_language])
    return chosen


def _draw(
    repository: str, path: str, text: str, language: str | None, rng: random.Random
) -> Iterator[Position]:
    lines = text.splitlines(keepends=True)
    if len(lines) < 12:
        return
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for kind, cut_at in KINDS.items():
        n_drawn = 0
        for _ in range(TRIES):
            number = rng.randrange(6, len(lines))
            line = lines[number].rstrip("\r\n")
            if len(line.strip()) < 8 or len(line) > LONGEST_LINE:
                continue
            cut = cut_at(lines, number, rng)
            if cut is None:
                continue
            column, n_hidden, truth = cut
            start = starts[number] + column
            left = text[:start] + text[start + n_hidden :]
            document = DocumentContext(path, language, left, start)
            yield Position(repository, kind, document, truth, kind == "inside")
            n_drawn += 1
            if n_drawn == OF_A_KIND:
                break


# Each of these takes (lines, line number, rng) to (column, characters taken out, truth), or None.


def _cut_line(line: str, column: int) -> tuple[int, int, str]:
    return column, len(line) - column, line[column:]


def _line_start(lines: list[str], number: int, rng: random.Random):
    line = lines[number].rstrip("\r\n")
    return _cut_line(line, len(line) - len(line.lstrip()))


def _few_characters(lines: list[str], number: int, rng: random.Random):
    line = lines[number].rstrip("\r\n")
    column = len(line) - len(line.lstrip()) + rng.choice((3, 4))
    return _cut_line(line, column) if column < len(line.rstrip()) else None


def _after_sign(lines: list[str], number: int, rng: random.Random):
    line = lines[number].rstrip("\r\n")
    columns = [match.end() for match in re.finditer(r"[.(=,\[]\s?(?=\S)", line)]
    return _cut_line(line, rng.choice(columns)) if columns else None


def _mid_word(lines: list[str], number: int, rng: random.Random):
    line = lines[number].rstrip("\r\n")
    words = [match for match in WORD.finditer(line) if len(match.group()) > 2]
    if not words:
        return None
    word = rng.choice(words)
    return _cut_line(line, rng.randrange(word.start() + 1, word.end()))


def _typed_ahead(lines: list[str], number: int, rng: random.Random):
    """The editor has closed the bracket already."""
    line = lines[number].rstrip("\r\n")
    pairs = []
    for column, char in enumerate(line):
        end = _matching(line, column) if char in CLOSING else None
        if end is not None and end > column + 1 and not line[end:].strip(")]}>;:, \t{"):
            pairs.append((column + 1, end))
    if not pairs:
        return None
    start, end = rng.choice(pairs)
    return start, end - start, line[start:end]


def _inside(lines: list[str], number: int, rng: random.Random):
    """In the middle of a line, with code after the cursor."""
    line = lines[number].rstrip("\r\n")
    pairs = [
        (column + 1, end)
        for column, char in enumerate(line)
        if char in CLOSING and (end := _matching(line, column)) and end > column + 1
        if line[end + 1 :].strip(")]}>;:, \t{")
    ]
    if not pairs:
        return None
    start, end = rng.choice(pairs)
    return start, end - start, line[start:end]


def _block(lines: list[str], number: int, rng: random.Random):
    """The body of a block is still to be written."""
    opener = lines[number - 1].rstrip()
    line = lines[number].rstrip("\r\n")
    indent = len(line) - len(line.lstrip())
    if not opener.endswith((":", "{", "(", "[")) or indent <= _indent(opener):
        return None
    end = number
    while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) >= indent):
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    hidden = "".join(lines[number:end]).rstrip("\r\n")
    return indent, len(hidden) - indent, line[indent:]


KINDS = {
    "line-start": _line_start,
    "few-characters": _few_characters,
    "after-sign": _after_sign,
    "mid-word": _mid_word,
    "typed-ahead": _typed_ahead,
    "inside": _inside,
    "block": _block,
}


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _matching(line: str, column: int) -> int | None:
    """Where the bracket at `column` is closed on the same line."""
    depth = 0
    for index in range(column, len(line)):
        if line[index] in CLOSING:
            depth += 1
        elif line[index] in CLOSING.values():
            depth -= 1
            if depth == 0:
                return index if line[index] == CLOSING[line[column]] else None
    return None
