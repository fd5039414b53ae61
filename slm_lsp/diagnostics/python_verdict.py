"""What the Python compiler says about a Python file, in process."""

import hashlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from slm_context.cursor import LINE_END, line_starts
from slm_context.syntax import SyntaxTree

# Past this many characters a compilation could be felt while typing; the grammar decides alone.
MAX_COMPILED = 400_000

# Complaints whose truth does not depend on the version of Python. Only these count when the
# grammar sees nothing wrong: a file may use syntax that is newer than the interpreter we run on.
TIMELESS = re.compile(
    r"expected an indented block|unexpected indent|unindent does not match"
    r"|inconsistent use of tabs|was never closed|^unmatched |does not match opening"
    r"|outside (function|async function|loop)|not properly in loop"
    r"|cannot assign to (literal|True|False|None|function call|expression|comparison)"
    r"|cannot delete (literal|function call|expression)|duplicate argument"
    r"|parameter without a default follows|non-default argument follows"
    r"|positional argument follows|keyword argument repeated"
    r"|is parameter and (global|nonlocal)|used prior to (global|nonlocal)"
    r"|assigned to before (global|nonlocal)|no binding for nonlocal"
    r"|nonlocal declaration not allowed"
    r"|Missing parentheses in call|invalid (decimal|hexadecimal|octal|binary) literal"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The compiler's complaint: where (code points) and what, in its own words."""

    start: int
    end: int
    message: str
    timeless: bool


def python_verdict(text: str) -> Verdict | None:
    """The first error that CPython reports for `text`; None when it compiles."""
    if len(text) > MAX_COMPILED:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<document>", "exec", dont_inherit=True, optimize=0)
    except SyntaxError as error:
        return _verdict(text, error)
    except (ValueError, RecursionError, MemoryError, OverflowError):
        # A null byte, a lone surrogate, or nesting that the compiler gives up on.
        return None
    return None


def complaints(tree: SyntaxTree, compiled: set[str]) -> Iterator[bool]:
    """Compile the top-level statements that are not known to compile, one a step.

    True for one that the compiler refuses. Those that it takes are added to `compiled`, by hash:
    most of a file is the same as a moment ago. What stands there no longer is taken out.
    """
    present: set[str] = set()
    for node in tree.root.named_children:
        code = node.text or b""
        digest = hashlib.sha256(code).hexdigest()
        present.add(digest)
        if digest not in compiled:
            refused = python_verdict(code.decode("utf-8", "replace")) is not None
            if not refused:
                compiled.add(digest)
            yield refused
    compiled &= present


def _verdict(text: str, error: SyntaxError) -> Verdict:
    starts = line_starts(text)
    start = _offset(text, starts, error.lineno, error.offset)
    end = _offset(text, starts, error.end_lineno, error.end_offset)
    message = (error.msg or "invalid syntax").removesuffix(".")
    message = re.sub(r" \(<document>, line \d+\)$", "", message)
    if end <= start:
        end = _token_end(text, start)
    line_end = LINE_END.search(text, start)
    end = min(end, line_end.start() if line_end else len(text))
    return Verdict(start, max(start, end), message, TIMELESS.search(message) is not None)


def _offset(text: str, starts: list[int], line: int | None, column: int | None) -> int:
    """Code-point offset of a 1-based line and column; both may be absent, 0 or past the end."""
    row = min(max((line or 1) - 1, 0), len(starts) - 1)
    limit = starts[row + 1] if row + 1 < len(starts) else len(text)
    return min(starts[row] + max((column or 1) - 1, 0), limit, len(text))


def _token_end(text: str, start: int) -> int:
    match = re.compile(r"\w+|[^\w\s]|").match(text, start)
    return match.end() if match else start
