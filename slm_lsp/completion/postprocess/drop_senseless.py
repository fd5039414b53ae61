"""What says nothing, or only itself, is no suggestion: `x = x`, `class X(X)`, `a and a`."""

import re

from slm_lsp.completion.postprocess.brackets import open_brackets
from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint, in_code

NAME = r"[\w$]+(?:\.[\w$]+)*"
VALUE = rf"{NAME}(?:\([\w$., ]*\))?"
# As an argument, `x=x` is usual; so is a copy of its own in Rust.
TO_ITSELF = re.compile(rf"({NAME})\s*=(?:[^=].*[^=!<>]=)?\s*\1\s*;?$")
OF_ITSELF = re.compile(
    r"\b(?:class|interface|struct|trait)\s+(\w+)\s*(?:\(|extends\s+|:\s*(?:public\s+)?)\1(?=[\s,){:;]|$)"
)
# Not `==`: that tells a NaN, and what the operator was overloaded to.
TWICE = re.compile(
    r"(?:^|[(,]|(?<![=!<>])=|\b(?:if|elif|while|and|or|return|assert)\b|&&|\|\|)\s*"
    rf"({VALUE})\s*(?:\b(?:and|or|is)\b|&&|\|\||[<>]=)\s*\1\s*"
    r"(?=$|[):;,{]|\b(?:and|or|else)\b|&&|\|\|)"
)
OWN_HEAD = re.compile(r"\b(?:def|func|fn|function)\s+(\w+)\s*\(")
# What is imported in Java is a class, or all of a package; a package is named without capitals.
NO_CLASS = re.compile(r"\s*(?:import\s+(?!static\b)(?:\w+\.)*[a-z]\w*;|package\s.*\.[A-Z])")
LOOK_BACK = 4000


def drop_senseless(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Drop a line of code that says itself again, where that is the suggestion's doing."""
    document = around.document
    if not around.once(in_code):
        return draft
    before, first = document.line_prefix, draft.text.partition("\n")[0]
    line, n_before = before + first, len(before)
    found = [OF_ITSELF.search(line), *TWICE.finditer(line)]
    if any(one is not None and one.end() > n_before for one in found) or _in_its_head(line):
        return None
    if document.language == "java" and NO_CLASS.match(line):
        return None
    to_itself = TO_ITSELF.match(line.strip())
    return None if to_itself and not around.once(_in_call) else draft


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
    document = around.document
    above = document.text[max(0, document.line_start - LOOK_BACK) : document.line_start]
    still_open = open_brackets(above, document.language)
    return bool(still_open) and above[still_open[-1]] == "("
