"""What says nothing, or only itself, is no suggestion: `x = x`, `class X(X)`, `a and a`."""

import re

from slm_context.cursor import LINE_END

from slm_lsp.completion.postprocess.brackets import open_brackets
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint, columns, in_code

NAME = r"[\w$]+(?:\.[\w$]+)*"
VALUE = rf"{NAME}(?:\([\w$., ]*\))?"
# As an argument, `x=x` is usual; so is a copy of its own in Rust.
TO_ITSELF = re.compile(rf"({NAME})\s*=(?:[\w$.\[\] ]+=)*\s*\1\s*;?$")
OF_ITSELF = re.compile(
    r"\b(?:class|interface|struct|trait)\s+(\w+)\s*(?:\(|extends\s+|:\s*(?:public\s+)?)\1(?=[\s,){:;]|$)"
)
# Where a comment may begin.
COMMENT = re.compile(r"//|#|--|/\*|^\s*\*")
# Not `a and a or b`, as is written for want of a ternary, nor `==`: that tells a NaN, and what the
# operator was overloaded to.
TWICE = re.compile(
    r"(?:^|[(,]|(?<![=!<>])=|\b(?:if|elif|while|and|or|return|assert)\b|&&|\|\|)\s*"
    rf"({VALUE})\s*(?:\b(?:and|or|is)\b|&&|\|\||[<>]=)\s*\1\s*"
    r"(?=$|[);,{]|:(?!\w)|\b(?:and|else)\b|&&|\|\|)"
)
OWN_HEAD = re.compile(r"\b(?:def|func|fn|function)\s+(\w+)\s*\(")
# What is imported in Java is a class, or all of a package; a package is named without capitals.
NO_CLASS = re.compile(r"\s*(?:import\s+(?!static\b)(?:\w+\.)*[a-z]\w*;|package\s.*\.[A-Z])")
# Where `x = x` says more: in a class, and where a name is tried.
CLASS = re.compile(r"\bclass\b|^\s*try\s*:")
# Without a semicolon, `x = x` in braces may set a field elsewhere: in C#, in Lua.
NO_TABLES = ("go", "javascript", "typescript", "tsx")
LOOK_BACK = 4000


def drop_senseless(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Drop a line of code that says itself again, where that is the suggestion's doing."""
    document = around.document
    if not around.once(in_code):
        return draft
    before, (first, more, _) = document.line_prefix, draft.text.partition("\n")
    n_before, n_said = len(before), len(before) + len(first)
    line = before + first + ("" if more else document.line_suffix[draft.n_replaced :])
    for one in (OF_ITSELF.search(line), *TWICE.finditer(line)):
        if one is not None and one.start() < n_said and one.end() > n_before:
            if not COMMENT.search(line, 0, one.end()):
                return None
    said = line[:n_said]
    if _in_its_head(said) or (document.language == "java" and NO_CLASS.match(said)):
        return None
    to_itself = TO_ITSELF.match(line.strip())
    if to_itself is None or open_brackets(line, document.language) or _goes_on(line, around):
        return draft
    return draft if around.once(_in_call) or _is_member(line, around) else None


def _in_its_head(line: str) -> bool:
    """Whether a function is called among its own parameters."""
    head = OWN_HEAD.search(line)
    if head is None:
        return False
    depth = 1
    for index in range(head.end(), len(line)):
        if line[index] == "(":
            depth += 1
            name = line[head.end() : index].rstrip()
            if re.search(rf"(?<![\w.]){head[1]}$", name):
                return True
        elif line[index] == ")":
            depth -= 1
            if not depth:
                return False
    return False


def _in_call(around: InsertionPoint) -> bool:
    """Whether the line begins among arguments."""
    return around.once(_bracket_around) == "("


def _goes_on(line: str, around: InsertionPoint) -> bool:
    """Whether the statement goes on below: with `or other`, with `.trim()`."""
    below = around.document.next_lines[:LOOK_BACK].lstrip("\r\n").partition("\n")[0]
    return not line.rstrip().endswith(";") and columns(below) > columns(line)


def _is_member(line: str, around: InsertionPoint) -> bool:
    """Whether `line` may be of a class or a table, and take a value from outside of it."""
    if around.once(_in_class):
        return True
    if around.document.language in NO_TABLES or line.rstrip().endswith(";"):
        return False
    return around.once(_bracket_around) == "{"


def _bracket_around(around: InsertionPoint) -> str:
    """The bracket that the line begins in, "" for none."""
    above = _above(around)
    still_open = open_brackets(above, around.document.language)
    return above[still_open[-1]] if still_open else ""


def _in_class(around: InsertionPoint) -> bool:
    """Whether the line is, by its indentation, one of a class or of a `try` itself."""
    width = columns(around.document.line_prefix)
    lines = reversed(LINE_END.split(_above(around)))
    outer = (one for one in lines if one.strip() and columns(one) < width)
    return CLASS.search(next(outer, "")) is not None


def _above(around: InsertionPoint) -> str:
    document = around.document
    return document.text[max(0, document.line_start - LOOK_BACK) : document.line_start]
