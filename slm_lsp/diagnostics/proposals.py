"""What an instruct model says in a review of a change, kept only where it holds.

Models that write freely quote lines that are nowhere and mend what is right. So the answer has a
form, which the decoder enforces (`answers`), and a proposal is shown only if its quote stands once
on the changed lines, the text with the replacement parses, and the model, asked in the other way,
finds the replacement likelier than what is there: what it says and what it expects must agree.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing

from slm_context.cursor import LINE_END, line_start, line_starts
from slm_context.syntax import SyntaxTree, parse

from slm_lsp.diagnostics.advice import HINT_NATS, in_words
from slm_lsp.diagnostics.answers import (
    GRAMMAR,
    MARK,
    N_PREDICT,
    Proposal,
    is_whole,
    read,
    readings,
    sentence,
)
from slm_lsp.diagnostics.judge import Judge
from slm_lsp.diagnostics.python_verdict import python_verdict
from slm_lsp.diagnostics.review import Changed, Odd
from slm_lsp.diagnostics.types import Edit, Finding, Fix, Severity
from slm_lsp.errors import PromptTooLong, WorkerError
from slm_lsp.inference.client import ModelClient
from slm_lsp.inference.wire import Chunk, Generate

LOG = logging.getLogger("slm_lsp.diagnostics")

RULE = "review"
# Each part of a change is a question of its own, which takes a large model many seconds.
MAX_PARTS = 20
MAX_PART_LINES = 40
# Unchanged lines around a part, and between two changes that are shown as one.
AROUND = 12
# A context that holds a part, the instructions and the answer, in tokens: code has three characters
# a token or more.
N_CTX = 4096
MAX_CHARS = 8_000  # of a part with what is around it
MAX_LINE = 190  # of a line: 40 of them fit
SYSTEM = """You review a change of source code for mistakes: wrong names, wrong operators, \
off-by-one errors, swapped arguments, missing checks. Lines that begin with + are new; report \
only mistakes on them, at most three, and none that you are not sure of. Style is no mistake.
Answer with a JSON array of objects: "quote" is the wrong part of one new line, copied exactly, \
"replacement" is what should stand there, "problem" says in one short sentence what goes wrong. \
Answer [] if the change is right."""


async def review(
    changes: Iterable[Changed],
    client: ModelClient,
    judge: Judge,
    n: int = 5,
    on_part: Callable[[str, int, int], None] = lambda where, n, n_parts: None,
) -> list[Odd]:
    """The `n` proposals that hold and that the likelihood speaks for most, at most one a line.

    `on_part` hears which lines are asked about, which part that is (from 1), and of how many. When
    the model ends in the middle, what it said until then counts; before its first answer, that is
    a `WorkerError`. What is left out is named in the log.
    """
    best: dict[tuple[str, int], Odd] = {}
    questions = list(_questions(changes))
    if len(questions) > MAX_PARTS:
        LOG.warning(
            "the change is long: of its %d parts the first %d are reviewed; name files, or take a "
            "later revision with --diff",
            len(questions),
            MAX_PARTS,
        )
    questions, n_answered = questions[:MAX_PARTS], 0
    for number, (change, tree, part) in enumerate(questions, 1):
        where = f"{change.place.path}:{part.start + 1}-{part.stop}"
        on_part(where, number, len(questions))
        try:
            shown = excerpt(change.place.text, part, change.lines)
            answer = await _answer(client, change.place.path, shown)
            for odd in await _held(answer, change, tree, part, judge):
                key = odd.path, odd.text.count("\n", 0, odd.finding.start)
                if key not in best or best[key].score < odd.score:
                    best[key] = odd
        except PromptTooLong as error:
            LOG.warning("%s is left out of the review: %s", where, error)
        except WorkerError as error:
            if not n_answered:
                raise
            LOG.warning("the review ends before %s: %s", where, error)
            break
        else:
            n_answered += 1
    return sorted(best.values(), key=lambda one: -one.score)[:n]


def _questions(changes: Iterable[Changed]) -> Iterator[tuple[Changed, SyntaxTree, range]]:
    for change in changes:
        place = change.place
        tree = parse(place.text, place.language)
        if tree is None:
            continue
        if place.language == "python" and python_verdict(place.text) is not None:
            # Of no replacement could be said that it parses.
            LOG.warning("%s does not compile and is left out of the review", place.path)
            continue
        yield from ((change, tree, part) for part in parts(change.lines))


async def _held(
    answer: str, change: Changed, tree: SyntaxTree, part: range, judge: Judge
) -> list[Odd]:
    """The proposals of an answer that hold, and that the likelihood speaks for."""
    held: list[Odd] = []
    place = change.place
    for proposal in read(answer):
        edit = edit_of(tree, change.lines.intersection(part), proposal)
        if edit is None:
            continue
        (ratio,) = await judge.ratios(place, [edit], by_token=True)
        if ratio >= HINT_NATS:
            held.append(Odd(place.path, place.text, ratio, _finding(proposal, edit, ratio)))
    return held


def parts(lines: frozenset[int]) -> Iterator[range]:
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
            (MARK if n in lines and n in part else "  ") + all_lines[n][:MAX_LINE] for n in shown
        )
        if len(said) <= MAX_CHARS:
            break
    return said


def edit_of(tree: SyntaxTree, lines: frozenset[int], proposal: Proposal) -> Edit | None:
    """The proposal as an edit of the text; None where it does not hold."""
    if not is_whole(proposal):
        return None
    text, starts = tree.text, line_starts(tree.text)
    allowed = {starts[line] for line in lines if line < len(starts)}
    for wanted, replacement in readings(proposal):
        found = [
            match.span("quote")
            for match in wanted.finditer(text)
            if line_start(text, match.start("quote")) in allowed
        ]
        if len(found) > 1:
            return None
        if found:
            edit = Edit(*found[0], replacement)
            return edit if _holds(tree, edit) else None
    return None


def _holds(tree: SyntaxTree, edit: Edit) -> bool:
    """Whether an edit changes more than blanks, on one line, of a text that parses then."""
    quote = tree.text[edit.start : edit.end]
    if LINE_END.search(quote + edit.new_text) or quote.split() == edit.new_text.split():
        return False
    return _parses(tree, edit)


def _parses(tree: SyntaxTree, edit: Edit) -> bool:
    """Whether nothing is wrong after an edit that was not before."""
    fixed = edit.apply(tree.text)
    if tree.language == "python":
        return python_verdict(fixed) is None
    after = tree.edited(fixed)
    if not after.has_errors:
        return True
    # Grammars of languages with macros stumble over valid code, in most files of some repositories.
    quote, faults = tree.text[edit.start : edit.end], after.errors()
    if any(quote.count(one) != edit.new_text.count(one) for one in "()[]{}"):
        return False
    start, end = line_start(fixed, edit.start), edit.start + len(edit.new_text)
    elsewhere = all(one.end < start or one.start > end for one in faults)
    return elsewhere and 0 < len(faults) <= len(tree.errors())


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
    fix = Fix(f"Change to `{edit.new_text}`" if edit.new_text else "Remove it", edit)
    message = f"{sentence(proposal.problem)} {in_words(ratio)}"
    return Finding(RULE, edit.start, edit.end, message, Severity.HINT, (fix,))
