"""One-token repairs of broken lines: proposed by cost, kept only when the parser agrees.

Most syntax errors of a person at work are one token too few or too many. So the candidates are
every insertion of a known token and every deletion, near the place where the parser stumbled,
cheapest first. Nothing is offered that does not parse.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from slm_context.cursor import LINE_END

from slm_lsp.diagnostics.brackets import Imbalance
from slm_lsp.diagnostics.types import Edit

# A repair that is worth offering is found among the first few hundred or not at all; each costs
# one incremental parse.
MAX_CHECKS = 600

TOKEN = re.compile(
    r"[A-Za-z_$]\w*|\d[\w.]*"
    r"|\"(?:\\.|[^\"\\\r\n])*\"|'(?:\\.|[^'\\\r\n])*'|`(?:\\.|[^`\\])*`"
    r"|===|!==|\*\*=|//=|<<=|>>=|\.\.\.|[-+*/%&|^<>=!:]=|->|=>|::|&&|\|\||<<|>>|\*\*|//|\+\+|--"
    r"|[^\s\w]"
)
BLOCK_KEYWORD = re.compile(
    r"\s*(async\s+)?(def|class|if|elif|else|for|while|try|except|finally|with|match|case)\b"
)
COMMON = (")", "]", "}", ",", "(", "[", "{", "=", ".", ":", '"', "'", "==", "+", "-", "*", "<", ">")
BY_LANGUAGE = {
    "python": ("in", "and", "or", "not", "if", "else", "for", "as", "import", "is", "->", ":=")
    + ("def", "class", "from", "lambda", "with", "return", "!=", "%", "/", ">=", "<=", "@"),
    "go": (":=", ";", "func", "range", "&&", "||", "!=", "if", "return", "type", "struct", "map"),
    "rust": (";", "->", "::", "=>", "&&", "||", "!", "&", "fn", "let", "in", "mut", "!=", "?"),
    "java": (";", "&&", "||", "->", "!=", "new", "return", "class", "?", "@", "!", "void"),
    "javascript": (";", "=>", "&&", "||", "===", "!==", "?", "function", "new", "const", "in", "!"),
}
BY_LANGUAGE["typescript"] = BY_LANGUAGE["tsx"] = BY_LANGUAGE["javascript"]


@dataclass(frozen=True, slots=True)
class Repair:
    """An edit after which the parser is content. Lower cost is more likely."""

    edit: Edit
    token: str
    cost: float

    @property
    def title(self) -> str:
        if not self.edit.new_text:
            return f"Remove `{self.token}`"
        verb = "Insert" if self.edit.start == self.edit.end else "Change the line to"
        return f"{verb} `{self.token}`"


def find_repairs(
    text: str,
    language: str,
    stumble: int,
    lines: Sequence[int],
    unbalanced: Sequence[Imbalance],
    parses: Callable[[str], bool],
    limit: int = 8,
) -> Iterator[Repair | None]:
    """Yield repairs near `stumble`, and None after each failed check so that a caller may pause.

    `lines` are the start offsets of suspect lines, `parses(text)` decides.
    """
    n_found = 0
    for repair in _candidates(text, language, stumble, lines, unbalanced)[:MAX_CHECKS]:
        if not parses(repair.edit.apply(text)):
            yield None
            continue
        yield repair
        n_found += 1
        if n_found == limit:
            return


def _candidates(
    text: str, language: str, stumble: int, lines: Sequence[int], unbalanced: Sequence[Imbalance]
) -> list[Repair]:
    wanted = {one.missing for one in unbalanced}
    orphans = {one.offset for one in unbalanced}
    proposals: list[Repair] = []
    for start in lines:
        found = LINE_END.search(text, start)
        end = found.start() if found else len(text)
        tokens = list(TOKEN.finditer(text, start, end))
        if not tokens:
            continue
        needs_colon = (
            language == "python"
            and BLOCK_KEYWORD.match(text, start, end)
            and tokens[-1].group() != ":"
        )
        for index, gap in enumerate([tokens[0].start(), *(token.end() for token in tokens)]):
            nearness = 0.05 * _distance(tokens, gap, stumble)
            at_end = index == len(tokens)
            for token in (*COMMON, *BY_LANGUAGE.get(language, (";",))):
                cost = _insertion_cost(token, wanted, at_end, bool(needs_colon))
                edit = Edit(gap, gap, _spaced(text, gap, token, language))
                proposals.append(Repair(edit, token, cost + nearness))
        for match in tokens:
            cost = 1.0 if match.start() in orphans else 4.5 if match.group()[0].isalnum() else 2.5
            nearness = 0.05 * _distance(tokens, match.start(), stumble)
            start_of_edit = match.start()
            # The space that separated the token goes with it.
            if text[start_of_edit - 1 : start_of_edit] == " " and start_of_edit - 1 > start:
                start_of_edit -= 1
            edit = Edit(start_of_edit, match.end(), "")
            proposals.append(Repair(edit, match.group(), cost + nearness))
    return sorted(proposals, key=lambda repair: repair.cost)


def _insertion_cost(token: str, wanted: set[str], at_end: bool, needs_colon: bool) -> float:
    if token in wanted:
        return 0.0 if at_end else 0.3
    if token == ":" and needs_colon:
        return 0.0 if at_end else 0.6
    if wanted and token in "()[]{}":
        return 5.0  # one bracket is missing, and it is not this one
    if token == ";" and at_end:
        return 0.5
    if token[0].isalpha():
        return 3.5
    return 1.5 if token in (",", ".", "=", ":") else 2.0


def _spaced(text: str, gap: int, token: str, language: str) -> str:
    """`token` with the spaces that this kind of token usually stands in."""
    before, after = text[gap - 1 : gap], text[gap : gap + 1]
    if token[0].isalpha():
        left = " " if before.strip() and before not in "([{." else ""
        right = "" if after.isspace() or not after else " "
        return f"{left}{token}{right}"
    if token == "," and after not in ("", " ", "\n", "\r"):
        return ", "
    if token in (")", "]", "}", "(", "[", "{", ",", ".", ";", '"', "'", ":", "::", "!", "?", "&"):
        return token
    spaces_after = "" if after.isspace() or not after else " "
    return f" {token}{spaces_after}" if before.strip() else f"{token}{spaces_after}"


def _distance(tokens: list[re.Match[str]], gap: int, stumble: int) -> int:
    """How many tokens lie between a gap and the place where the parser stumbled."""
    low, high = min(gap, stumble), max(gap, stumble)
    return sum(1 for token in tokens if low <= token.start() and token.end() <= high)
