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
# `accessor x = 1` in a class, as decorators want it.
ACCESSOR = (
    r"(?:^[^\S\n]*|[{;]\s*)(?:@[\w.]+(?:\([^)\n]*\))?\s+"
    r"|(?:static|public|private|protected|declare|override|readonly|abstract)\s+)*"
    r"accessor\s+(?:#?\w+|\[.*\])\s*(?:[=;:!?]|$)"
)
# Behind a field that has neither value nor semicolon, these grammars take what begins the next
# member for an operator: the name `in`, or the star of a generator. (Behind a value it is one, and
# a line of a comment is no field.)
MEMBER_BELOW = (
    r"^[^\S\n]*(?:in|instanceof)\s*(?:=(?!=)|\([^()\n]*\)\s*(?::[^\n]*)?\{|;?[^\S\n]*$)"
    r"|^(?![^\S\n]*(?:\*|/[/*]))(?:[^\n=;]|=>)*[^\s;{},(*/=][^\S\n]*(?:\n[^\S\n]*)+"
    r"\*[^\S\n]*(?:#?\w+|\[[^\n]*\])[^\S\n]*(?:<[^\n]*>)?\((?:[^\n]*\{[^\n]*)?$"
)
# How a type parameter varies; accessors; `import defer`; `for (using x of …)`; and what else a line
# without a semicolon hides: the type parameters of a call signature, a property `in`.
NEWER_TYPESCRIPT = re.compile(
    r"(?:[<,]\s*|^[^\S\n]*)(?:const\s+)?(?:in\s+out|in|out)\s+\w+\s*(?:[,>=]|extends\b)"
    r"|^[^\S\n]*import\s+defer\b|\bfor\s*(?:await\s*)?\(\s*(?:await\s+)?using\s+\w+\s+of\b"
    r"|[^\s;{,(|&=<?:][^\S\n]*(?:\n[^\S\n]*)+<\s*(?:const\s+)?[A-Z]\w*\s*"
    r"(?:extends\s|,|=(?![{\"'])|>\s*\()"
    r"|^[^\S\n]*(?:readonly\s+)?(?:in|instanceof)\s*\??\s*:"
    rf"|{MEMBER_BELOW}|{ACCESSOR}",
    re.M,
)
# Lines on which these grammars are known to be wrong.
GAPS = {
    "go": re.compile(r"\bnew\("),  # Go 1.26 takes a value as well as a type
    # A proposal of stage 3; a private field without value and semicolon; attributes of JSX that are
    # called like a keyword.
    "javascript": re.compile(
        r"^\s*import\s+(?:source|defer)\b|^\s*(?:static\s+)?#\w+\s*$"
        r"|(?<![\w-])(?:class|for|default|in|if|new|var|enum)=[\"'{]"
    ),
    "ruby": re.compile(r":\$[^\w\s]"),  # symbols of special variables
    # A macro with the name of a primitive type.
    "rust": re.compile(r"\b(?:str|char|bool|[iu](?:8|16|32|64|128|size)|f32|f64)!"),
    "typescript": TYPESCRIPT,
    "tsx": TYPESCRIPT,
}
# Valid code that these grammars never understand, wherever they stumble over it.
NEWER = {
    # Statements before `super(…)`, and imports of whole modules, both of Java 25.
    "java": re.compile(
        r"[;}]\s*(?://[^\n]*\n\s*)*\b(?:super|this)\s*\(|^[^\S\n]*import\s+module\s+\w", re.M
    ),
    # An ampersand in the text of JSX; accessors; `import … assert {…}`; `export x from`; and Flow,
    # which is another language.
    "javascript": re.compile(
        r"<(?:[A-Za-z][\w.:-]*(?:\s[^<>]*)?)?(?<!=)>[^<>{}=|]*&(?!#?\w+;)[^<>{}=|]*(?:<[A-Za-z/]|\{)"
        rf"|{MEMBER_BELOW}|{ACCESSOR}|[\"']\s*assert\s*\{{|^[^\S\n]*export\s+\w+\s+from\b"
        r"|@(?:no)?flow\b|^[^\S\n]*(?:import|export)\s+(?:type|typeof|opaque)\s+(?!from\b)[\w{*]",
        re.M,
    ),
    "php": re.compile(r"(?:^[^\S\n]*|[;{}>]\s*)\(void\)\s*[\w$\\(]", re.M),  # of PHP 8.5
    # Functions of other languages that are safe to call, of Rust 1.82; and what is not released
    # yet: constant and automatic traits, other names of traits, generators.
    "rust": re.compile(
        r"(?:^[^\S\n]*|\{\s*)(?:pub(?:\([^)]*\))?\s+)?safe\s+(?:fn|static)\b"
        r"|\bimpl(?:\s*<.*>)?\s+const\s|^[^\S\n]*(?:pub\s+)?(?:unsafe\s+)?auto\s+trait\s"
        r"|\btrait\s+\w+(?:<.*>)?\s*=|\bgen\s+fn\s",
        re.M,
    ),
    # Names that are keywords elsewhere.
    "scala": re.compile(r"\bextension\s*$|\(\s*using\s*[,.)]", re.M),
    "typescript": NEWER_TYPESCRIPT,
    "tsx": NEWER_TYPESCRIPT,
}
# In these, only the tag of a template can be meant by an escape that there is not (`String.raw`).
TAGGED = {"javascript", "typescript", "tsx"}
# Text that a program fills in before it is in its language.
TEMPLATE = re.compile(r"\{#|\{%[-+]?\s*\w+|\{\{[-\s]*[\w.$]+[\s|}]|<%[=-]?\s")


def is_believed(tree: SyntaxTree) -> bool:
    """Whether the errors that the grammar has with this text can be taken for the text's."""
    if tree.language not in TRUSTED:
        return False
    newer = NEWER.get(tree.language)
    if newer is not None and newer.search(tree.text):
        return False
    errors = tree.errors()
    if tree.language in TAGGED and any(tree.text.startswith("\\", one.start) for one in errors):
        return False
    gap = GAPS.get(tree.language, TEMPLATE)
    lines = {_line(tree.text, error.start) for error in errors}
    return not any(gap.search(line) or TEMPLATE.search(line) for line in lines)


def _line(text: str, offset: int) -> str:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return text[start : end if end >= 0 else len(text)]
