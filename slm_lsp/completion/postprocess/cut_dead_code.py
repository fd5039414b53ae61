"""Nothing is suggested behind a statement that leaves its block: it would never run."""

import re
from dataclasses import replace

from slm_context.cursor import LINE_END

from slm_lsp.completion.postprocess.brackets import open_brackets, open_quote
from slm_lsp.completion.postprocess.filter import (
    Draft,
    InsertionPoint,
    begins_in_code,
    columns,
)

# Where these leave for sure, and what stands behind them goes on in the same block.
# `raise` and `throw` are functions like others where they are not keywords.
_ALIKE = r"return|break|continue"
LEAVES = {
    "python": re.compile(rf"(?:{_ALIKE}|raise)\b"),
    **dict.fromkeys(("go", "rust", "c"), re.compile(rf"(?:{_ALIKE})\b")),
    **dict.fromkeys(
        ("javascript", "typescript", "tsx", "java", "cpp"), re.compile(rf"(?:{_ALIKE}|throw)\b")
    ),
}
# A statement that goes on in its next line.
GOES_ON = re.compile(r"(?:[-+*/%&|^=<>,.?:(\[{\\]|\b(?:and|or|not|in|is|if|else|lambda))$")
# What may stand behind it all the same: another branch, a label, a comment, a function that
# JavaScript moves up, and the `yield` that makes a generator of what yields nothing.
REACHED = re.compile(
    r"[)\]}#@*.?:&|]|//|/\*|(?:case|default|else|elif|except|finally|catch|while|function|async"
    r"|class|yield|fn|def)\b|\w+:(?!:)"
)
LOOK_BACK = 2000


def cut_dead_code(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Cut before the first line that follows such a statement with the same indentation."""
    document = around.document
    if document.language not in LEAVES or not around.once(begins_in_code):
        return draft
    lines = draft.text.split("\n")
    before = "" if document.line_prefix.strip() else around.once(_line_above)
    lines[0] = document.line_prefix + lines[0]
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        if _leaves(before, document.language) and columns(before) == columns(line):
            if not REACHED.match(line.strip()):
                kept = "\n".join(draft.text.split("\n")[:index])
                return replace(draft, text=kept.rstrip()) if kept.strip() else None
        before = line
    return draft


def _line_above(around: InsertionPoint) -> str:
    """The last line with text above the cursor's."""
    document = around.document
    above = document.text[max(0, document.line_start - LOOK_BACK) : document.line_start]
    return LINE_END.split(above.rstrip())[-1]


def _leaves(line: str, language: str | None) -> bool:
    text = line.strip()
    leaves = LEAVES.get(language or "")
    if leaves is None or not leaves.match(text) or GOES_ON.search(text):
        return False
    return not open_brackets(text, language) and not open_quote(text, language)
