"""One-token repairs of broken lines: tried by likelihood, kept only when the parser agrees.

Most syntax errors of a person at work are one token too few or too many. `candidates` proposes what
would be usual at each place; nothing is offered that does not parse.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from slm_context.cursor import LINE_END, line_start

from slm_lsp.diagnostics.candidates import Candidates
from slm_lsp.diagnostics.habits import Habits, Word, read_words, without_left_over_space
from slm_lsp.diagnostics.placing import Candidate
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


def titles_of(text: str, repairs: Sequence[Repair]) -> list[str]:
    """What each is called in a menu; of equal names, each says where it is."""
    titles = [repair.title for repair in repairs]
    return [
        title if titles.count(title) == 1 else f"{title} {_where(text, repair.edit)}"
        for title, repair in zip(titles, repairs, strict=True)
    ]


def _where(text: str, edit: Edit) -> str:
    line = text.count("\n", 0, edit.start) + 1
    before = tokens_before(text, edit.start)
    return f"after `{before[-1].group()}` on line {line}" if before else f"on line {line}"


def tokens_before(text: str, place: int) -> list[re.Match[str]]:
    """The tokens in front of a place, on its line."""
    return list(TOKEN.finditer(text, line_start(text, place), place))


def squiggle_of(text: str, repair: Repair) -> tuple[int, int]:
    """What to underline for a repair: a place itself cannot be seen, the token beside it can."""
    edit = repair.edit
    if edit.end > edit.start:
        return edit.start + (text[edit.start] == " "), edit.end
    before = tokens_before(text, edit.start)
    if before:
        return before[-1].span()
    after = LINE_END.search(text, edit.start)
    token = TOKEN.search(text, edit.start, after.start() if after else len(text))
    return token.span() if token else (line_start(text, edit.start), edit.start)


def find_repairs(
    text: str,
    language: str,
    stumble: int,
    lines: Sequence[tuple[int, int]],
    mends: Callable[[Edit], bool],
    limit: int = 2,
) -> Iterator[Repair | None]:
    """Yield repairs near `stumble`, and None in between so that a caller may pause.

    `lines` are suspect lines, from start to end; `mends(edit)` decides.
    """
    stream: list[Word] = []
    for _ in read_words(text, language, stream):
        yield None
    stream = without_left_over_space(text, stream)
    low, high = min(lines)[0], max(lines)[1]
    around = next((n for n, one in enumerate(stream) if one.end > stumble), len(stream))
    habits = Habits(stream, language, low, high, around)
    for _ in habits.learn():
        yield None
    candidates = Candidates(text, language, stream, habits, around)
    found: list[Candidate] = []
    for one in chain(candidates.brackets(), candidates.near(lines)):
        if one is None:
            yield None
        else:
            found.append(one)
    found.sort(key=lambda one: (one.cost, one.n, one.token, one.split))
    offered: set[tuple[int, str, bool, int]] = set()
    for one in found[:MAX_CHECKS]:
        # A line end between may decide whether it parses, but two of them say the same.
        key = candidates.placing.key(one)
        edit = candidates.placing.edit(one)
        if key in offered or not mends(edit):
            yield None
            continue
        yield Repair(edit, one.token, one.cost)
        offered.add(key)
        if len(offered) == limit:
            return
