"""Mine single-token bug fixes in Python from git histories: what `diagnostics real` is measured on.

    python -m benchmarks.mine_fixes CLONES >> fixes.jsonl

CLONES holds git repositories as owner+name/repo. A fix is a commit with a subject that says so,
whose only change of Python outside of tests is one line for another, in one token or in two that
trade places, in a function, neither in a string nor a comment, and with both versions valid. One
line of JSON each: coordinates and the tokens, no source. Some are no bugs: of 45 such commits that
a person read, 36 were.
"""

import argparse
import io
import json
import re
import subprocess
import sys
import token as kinds
import tokenize
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from slm_context.syntax import parse

from slm_lsp.diagnostics.python_verdict import python_verdict
from slm_lsp.diagnostics.similar import edit_distance
from training.manifest import read_reserved

SAYS_SO = re.compile(r"\b(fix(e[sd]|ing)?|bugs?|typos?|wrong|incorrect|mistake|regress\w*)\b", re.I)
SAYS_OTHER = re.compile(
    r"\b(docs?|docstring|comment|lint|format|style|version|bump|rename)\b", re.I
)
TESTS = re.compile(
    r"(^|/)(tests?|testing|docs?|examples?)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$"
)
HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")
# Histories that nothing may be mined in: they are reserved, or measured on.
NEVER = frozenset(name.lower() for name in read_reserved())
OPERATORS = {"==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "//", "%", "|", "&", "^", "="}
OPERATORS |= {"+=", "-=", "*=", "/=", "is", "in", "not"}


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a bug was fixed by one token. `core` are those that need no knowledge from elsewhere:
    the right name already stands in the function."""

    repo: str
    fix_commit: str
    date: str
    path: str
    buggy_line: int
    function_lines: int
    kind: str
    core: bool
    buggy_fixed: list[tuple[str, str]]


def fixes(repository: Path, name: str) -> Iterator[Fix]:
    """The single-token fixes in the history of a git repository; one commit after the other."""
    if name.lower() in NEVER:
        return
    log = _git(
        repository, "log", "--no-merges", "--format=%x00%H %cs %s", "-p", "-U0", "--", "*.py"
    )
    for entry in log.split("\0")[1:]:
        head, _, diff = entry.partition("\n")
        commit, date, subject = (*head.split(" ", 2), "")[:3]
        if SAYS_SO.search(subject) and not SAYS_OTHER.search(subject):
            changed = _one_line(diff)
            fix = changed and _fix(repository, name, commit, date, *changed)
            if fix:
                yield fix


def _one_line(diff: str) -> tuple[str, int, str, str] | None:
    """Path, line, and the line before and after, of a diff that changes one line of code."""
    found: tuple[str, int, str, str] | None = None
    path, line, old, new = "", 0, "", ""
    for text in (*diff.splitlines(), "diff"):
        hunk = HUNK.match(text)
        if hunk or text.startswith("diff"):
            if old or new:
                if found is not None or not (old and new):
                    return None
                found = path, line, old, new
            old = new = ""
        if text.startswith("--- "):
            path = text[4:].removeprefix("a/").strip()
        elif hunk:
            in_tests = TESTS.search(path) is not None
            if not in_tests and (hunk[2], hunk[3]) != (None, None):
                return None
            line = int(hunk[1])
        elif text.startswith("-") and not text.startswith("---") and not TESTS.search(path):
            old = text[1:]
        elif text.startswith("+") and not text.startswith("+++") and not TESTS.search(path):
            new = text[1:]
    return found


def _fix(
    repository: Path, name: str, commit: str, date: str, path: str, line: int, old: str, new: str
) -> Fix | None:
    differing = differing_tokens(old, new)
    if not differing:
        return None
    before = _git(repository, "show", f"{commit}^:{path}")
    after = _git(repository, "show", f"{commit}:{path}")
    if not before or python_verdict(before) is not None or python_verdict(after) is not None:
        return None
    function = _function(before, line)
    if function is None:
        return None
    kind = kind_of(differing, new)
    if kind is None:
        return None
    wanted = [right for _, right in differing]
    names = set(re.findall(r"\w+", function))
    is_name = kind.startswith("name")
    if is_name:
        known = "infn" if wanted[0] in names else "infile" if wanted[0] in before else "unseen"
        kind = f"{kind}/{known}"
    core = not is_name or kind.endswith("/infn")
    n_lines = function.count("\n") + 1
    return Fix(name, commit, date, path, line, n_lines, kind, core, differing)


def differing_tokens(old: str, new: str) -> list[tuple[str, str]]:
    """The token that differs, or the two that traded places; [] for anything else."""
    a, b = _tokens(old), _tokens(new)
    if not a or len(a) != len(b):
        return []
    differing = [(one, other) for one, other in zip(a, b, strict=True) if one != other]
    if len(differing) == 1 and not {*differing[0]} & {*"()[]{}:,."}:
        return differing
    if len(differing) == 2 and differing[0] == differing[1][::-1]:
        return differing
    return []


def kind_of(differing: list[tuple[str, str]], line: str) -> str | None:
    """What kind of token was wrong; None for texts and for a name that is spelt anew."""
    if len(differing) == 2:
        return "swap"
    old, new = differing[0]
    if {old, new} <= {"and", "or"}:
        return "boolop"
    if old in OPERATORS or new in OPERATORS:
        return "op"
    if old[:1].isdigit() or new[:1].isdigit():
        return "number"
    if {old, new} & {"True", "False", "None"}:
        return "literal"
    if not (old.isidentifier() and new.isidentifier()):
        return None
    if edit_distance(old.lower(), new.lower(), 1) == 0:
        return None
    if re.search(rf"\.\s*{new}\s*\(", line):
        return "name/call"
    if re.search(rf"\.\s*{new}\b", line):
        return "name/attr"
    return "name/kwarg" if re.search(rf"[(,]\s*{new}\s*=(?!=)", line) else "name/var"


def _tokens(line: str) -> list[str]:
    """The tokens of one line of code, without its comment; [] where it cannot be told."""
    found: list[str] = []
    try:
        for one in tokenize.generate_tokens(io.StringIO(line.strip() + "\n").readline):
            if one.type == kinds.ERRORTOKEN:
                return []
            if one.type in (kinds.NAME, kinds.OP, kinds.NUMBER, kinds.STRING):
                found.append(one.string)
    except (tokenize.TokenError, SyntaxError, IndentationError):
        pass  # a bracket goes on over the next lines; what was read until then counts
    return found


def _function(text: str, line: int) -> str | None:
    """The source of the innermost function around a line (from 1)."""
    tree = parse(text, "python")
    node = tree.root.descendant_for_point_range((line - 1, 0), (line - 1, 1)) if tree else None
    while node is not None and node.type != "function_definition":
        node = node.parent
    return (node.text or b"").decode("utf-8", "replace") if node is not None else None


def _git(repository: Path, *command: str) -> str:
    done = subprocess.run(["git", "-C", repository, *command], capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("clones", type=Path)
    parser.add_argument("--only", default="", help="owner/name, comma-separated")
    asked = parser.parse_args()
    only = set(filter(None, asked.only.split(",")))
    for clone in sorted(asked.clones.glob("*+*/repo")):
        name = clone.parent.name.replace("+", "/", 1)
        if not only or name in only:
            found = list(fixes(clone, name))
            print(name, len(found), file=sys.stderr)
            for one in found:
                print(json.dumps(asdict(one)), flush=True)


if __name__ == "__main__":
    main()
