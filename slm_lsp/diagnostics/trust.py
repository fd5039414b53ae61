"""Which grammars are believed, and the valid code that they are known not to understand.

Measured by `benchmarks/diagnostics.py clean`: a grammar is trusted when it has no error on
hundreds of thousands of lines of valid code, apart from the gaps listed here.
"""

import re

from slm_context.syntax import SyntaxTree

TRUSTED = frozenset(
    {"python", "go", "java", "javascript", "rust", "php", "ruby", "lua", "scala"}
    | {"typescript", "tsx"}
)
# `import("module").Type`, `export type *`, a name such as `in2`, an ampersand in the text of JSX.
TYPESCRIPT = re.compile(r"\bimport\s*\(|\bexport\s+type\s+\*|\bin\d|\w ?& ?\w")
# Lines on which these grammars are known to be wrong.
GAPS = {
    "go": re.compile(r"\bnew\("),  # Go 1.26 takes a value as well as a type
    # A proposal of stage 3; a private field without value and semicolon.
    "javascript": re.compile(r"^\s*import\s+(?:source|defer)\b|^\s*(?:static\s+)?#\w+\s*$"),
    "ruby": re.compile(r":\$[^\w\s]"),  # symbols of special variables
    # A macro with the name of a primitive type.
    "rust": re.compile(r"\b(?:str|char|bool|[iu](?:8|16|32|64|128|size)|f32|f64)!"),
    "typescript": TYPESCRIPT,
    "tsx": TYPESCRIPT,
}
# Text that a program fills in before it is in its language.
TEMPLATE = re.compile(r"\{#|\{%[-+]?\s*\w+|\{\{[-\s]*[\w.$]+[\s|}]|<%[=-]?\s")


def is_believed(tree: SyntaxTree) -> bool:
    """Whether the errors that the grammar has with this text can be taken for the text's."""
    if tree.language not in TRUSTED:
        return False
    gap = GAPS.get(tree.language, TEMPLATE)
    lines = {_line(tree.text, error.start) for error in tree.errors()}
    return not any(gap.search(line) or TEMPLATE.search(line) for line in lines)


def _line(text: str, offset: int) -> str:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return text[start : end if end >= 0 else len(text)]
