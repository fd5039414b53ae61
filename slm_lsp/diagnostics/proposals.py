"""What an instruct model says in a review of a change, kept only where it holds.

Models that write freely quote lines that are nowhere and mend what is right. So the answer has a
form, which the decoder enforces (`GRAMMAR`), and a proposal is shown only if its quote stands once
on the changed lines, the text with the replacement parses, and the model, asked in the other way,
finds the replacement likelier than what is there: what it says and what it expects must agree.
"""

import json
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass

from slm_context.cursor import LINE_END, line_start, line_starts
from slm_context.syntax import SyntaxTree, parse

from slm_lsp.diagnostics.advice import HINT_NATS, in_words
from slm_lsp.diagnostics.judge import Judge
from slm_lsp.diagnostics.python_verdict import python_verdict
from slm_lsp.diagnostics.review import Changed, Odd
from slm_lsp.diagnostics.types import Edit, Finding, Fix, Severity
from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.client import ModelClient
from slm_lsp.inference.wire import Chunk, Generate

LOG = logging.getLogger("slm_lsp.diagnostics")

RULE = "review"
# Each part of a change is a question of its own, which takes a large model many seconds.
MAX_PARTS = 20
MAX_PART_LINES = 40
# Unchanged lines around a part, and between two changes that are shown as one.
AROUND = 12
N_PREDICT = 400
# A context that holds a part, the instructions and the answer, in tokens: code has three characters
# a token or more.
N_CTX = 4096
MAX_CHARS = 8_000  # of a part with what is around it
MAX_LINE = 190  # of a line: 40 of them fit
GRAMMAR = r"""
root ::= "[" (item (", " item){0,2})? "]"
item ::= "{\"quote\": " text ", \"replacement\": " text ", \"problem\": " text "}"
text ::= "\"" char{0,160} "\""
char ::= [^"\\\x00-\x1f\x7f] | "\\" ["\\/]
"""
SYSTEM = """You review a change of source code for mistakes: wrong names, wrong operators, \
off-by-one errors, swapped arguments, missing checks. Lines that begin with + are new; report \
only mistakes on them, at most three, and none that you are not sure of. Style is no mistake.
Answer with a JSON array of objects: "quote" is the wrong part of one new line, copied exactly, \
"replacement" is what should stand there, "problem" says in one short sentence what goes wrong. \
Answer [] if the change is right."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the model said: replace `quote` by `replacement`, because of `problem`."""

    quote: str
    replacement: str
    problem: str


async def review(
    changes: Iterable[Changed], client: ModelClient, judge: Judge, n: int = 5
) -> list[Odd]:
    """The `n` proposals that hold and that the likelihood speaks for most, at most one a line."""
    best: dict[tuple[str, int], Odd] = {}
    n_left = MAX_PARTS
    for change in changes:
        place = change.place
        tree = parse(place.text, place.language)
        if tree is None:
            continue
        for part in parts(place.text, change.lines):
            if not n_left:
                break
            n_left -= 1
            try:
                shown = excerpt(place.text, part, change.lines)
                answer = await _answer(client, place.path, shown)
            except PromptTooLong as error:
                lines = f"{place.path}:{part.start + 1}-{part.stop}"
                LOG.warning("%s is left out of the review: %s", lines, error)
                continue
            for proposal in read(answer):
                edit = edit_of(tree, change.lines.intersection(part), proposal)
                if edit is None:
                    continue
                (ratio,) = await judge.ratios(place, [edit])
                key = place.path, place.text.count("\n", 0, edit.start)
                if ratio >= HINT_NATS and (key not in best or best[key].score < ratio):
                    best[key] = Odd(place.path, place.text, ratio, _finding(proposal, edit, ratio))
    return sorted(best.values(), key=lambda one: -one.score)[:n]


def parts(text: str, lines: frozenset[int]) -> Iterator[range]:
    """The changed lines (from 0) in runs, each short enough for one question."""
    run: list[int] = []
    for line in sorted(lines):
        if run and (line - run[-1] > AROUND or line - run[0] >= MAX_PART_LINES):
            yield range(run[0], run[-1] + 1)
            run = []
        run.append(line)
    if run:
        yield range(run[0], run[-1] + 1)


def excerpt(text: str, part: range, lines: frozenset[int]) -> str:
    """A part with the lines around it, as many as fit; the changed lines of it are marked."""
    all_lines, said = LINE_END.split(text), ""
    for around in range(AROUND, -1, -1):
        shown = range(max(0, part.start - around), min(len(all_lines), part.stop + around))
        said = "\n".join(
            f"{'+' if n in lines and n in part else ' '} {all_lines[n][:MAX_LINE]}" for n in shown
        )
        if len(said) <= MAX_CHARS:
            break
    return said


def read(answer: str) -> list[Proposal]:
    """The proposals of an answer; those before the end of one that was cut off."""
    for whole in (answer, answer[: answer.rfind("}") + 1] + "]"):
        try:
            found = json.loads(whole)
            return [Proposal(one["quote"], one["replacement"], one["problem"]) for one in found]
        except (ValueError, KeyError, TypeError):
            continue
    return []


def edit_of(tree: SyntaxTree, lines: frozenset[int], proposal: Proposal) -> Edit | None:
    """The proposal as an edit of the text; None where it does not hold."""
    quote, replacement, text = proposal.quote, proposal.replacement, tree.text
    if not quote.strip() or not proposal.problem.strip() or quote == replacement:
        return None
    if LINE_END.search(quote + replacement):
        return None
    starts = line_starts(text)
    allowed = {starts[line] for line in lines if line < len(starts)}
    found = [
        match.start()
        for match in re.finditer(re.escape(quote), text)
        if line_start(text, match.start()) in allowed
    ]
    if len(found) != 1:
        return None
    edit = Edit(found[0], found[0] + len(quote), replacement)
    fixed = edit.apply(text)
    if tree.language == "python":
        return edit if python_verdict(fixed) is None else None
    return None if tree.edited(fixed).has_errors else edit


async def _answer(client: ModelClient, path: str, part: str) -> str:
    said = (("system", SYSTEM), ("user", f"{path}:\n\n{part}"))
    question = Generate(0, (), N_PREDICT, single_line=False, chat=said, grammar=GRAMMAR)
    written: list[str] = []
    async with aclosing(client.generate(question)) as stream:
        async for item in stream:
            if isinstance(item, Chunk):
                written.append(item.text)
    return "".join(written)


def _finding(proposal: Proposal, edit: Edit, ratio: float) -> Finding:
    problem = proposal.problem.strip().rstrip(".")
    fix = Fix(f"Change to `{edit.new_text}`" if edit.new_text else "Remove it", edit)
    message = f"{problem}. {in_words(ratio)}"
    return Finding(RULE, edit.start, edit.end, message, Severity.HINT, (fix,))
