"""How often a model completes a line exactly, asked as the server asks it."""

import math
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from slm_context.cursor import DocumentContext, split_at_cursor
from slm_context.syntax import Place, SyntaxTree, parse
from slm_context.window import fit_window
from slm_prompts.render import OtherFile, render
from slm_prompts.template import FimTemplate

from slm_lsp.completion.healing import healed
from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.client import ModelClient
from slm_lsp.inference.wire import Chunk, Done, Generate

N_PREDICT = 48
# Text with fewer signs than this says nothing about a model: "):" is not worth a suggestion.
MIN_HIDDEN = 3
PUNCTUATION = re.compile(r"[.(\[{=,:<>+\-*/&|!] ?")
IDENTIFIER = re.compile(r"[A-Za-z_]\w{3,}")


class Position(StrEnum):
    """What stands before the cursor."""

    LINE_START = "line-start"
    PUNCTUATION = "after-punctuation"
    IDENTIFIER = "mid-identifier"


@dataclass(frozen=True, slots=True)
class Case:
    """The rest of one line, hidden. `text` is the whole file, with the line as it was."""

    repository: str
    path: str
    language: str
    text: str
    offset: int
    position: Position

    @property
    def line_stop(self) -> int:
        stop = self.text.find("\n", self.offset)
        return len(self.text) if stop < 0 else stop

    @property
    def line(self) -> str:
        return self.text[self.text.rfind("\n", 0, self.offset) + 1 : self.line_stop]

    @property
    def hidden(self) -> str:
        return self.text[self.offset : self.line_stop].rstrip()

    @property
    def key(self) -> str:
        return f"{self.repository}:{self.path}:{self.offset}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote, and how sure it was."""

    case: Case
    text: str
    probability: float  # that the model gave to exactly this text
    n_prompt: int
    elapsed_ms: float
    parses: bool  # the file with the answer in it has no syntax error that it did not have

    @property
    def exact(self) -> bool:
        return self.text == self.case.hidden

    @property
    def similarity(self) -> float:
        """1 minus the edit distance over the longer length."""
        longest = max(len(self.text), len(self.case.hidden))
        return 1 - edit_distance(self.text, self.case.hidden) / longest if longest else 1.0


def cases_of(
    repository: str, path: str, language: str, text: str, n_cases: int, rng: random.Random
) -> Iterator[Case]:
    """Up to `n_cases` cases of one file, on different lines, kinds of position in equal parts."""
    tree = parse(text, language)
    starts = [0, *(match.end() for match in re.finditer(r"\n", text))]
    rng.shuffle(starts)
    wanted = list(Position)
    rng.shuffle(wanted)
    found = 0
    for start in starts:
        if found == n_cases:
            return
        position = wanted[found % len(wanted)]
        offset = place_on(tree, text, start, position, rng)
        if offset is not None:
            found += 1
            yield Case(repository, path, language, text, offset, position)


def place_on(
    tree: SyntaxTree | None, text: str, start: int, position: Position, rng: random.Random
) -> int | None:
    """An offset of the wanted kind on the line that starts at `start`; None if it has none."""
    stop = text.find("\n", start)
    line = text[start : len(text) if stop < 0 else stop].rstrip()
    indent = len(line) - len(line.lstrip())
    if not 6 <= len(line) - indent <= 160:
        return None
    if tree is not None and tree.place(start + indent + 3) is not Place.CODE:
        return None
    match position:
        case Position.LINE_START:
            columns = [indent]
        case Position.PUNCTUATION:
            columns = [match.end() for match in PUNCTUATION.finditer(line, indent)]
        case Position.IDENTIFIER:
            words = list(IDENTIFIER.finditer(line, indent))
            columns = [rng.randint(word.start() + 1, word.end() - 1) for word in words]
    columns = [column for column in columns if len(line[column:].strip()) >= MIN_HIDDEN]
    return start + rng.choice(columns) if columns else None


def shown_document(case: Case) -> DocumentContext:
    """The file as it was while its line was being typed."""
    shown = case.text[: case.offset] + case.text[case.line_stop :]
    return split_at_cursor(shown, case.offset, path=case.path, language=case.language)


async def ask(
    client: ModelClient,
    template: FimTemplate,
    case: Case,
    snippets: Sequence[OtherFile] = (),
    n_chars: int | None = None,
) -> Answer:
    """One greedy line. The window is as large as the model's context allows."""
    model = client.model
    assert model is not None, "the caller has started the client"
    document = shown_document(case)
    n_chars = n_chars or 3 * (model.n_ctx - N_PREDICT - 32)
    started = time.perf_counter()
    while True:
        kept = list(snippets)
        n_snippets = sum(len(one.path) + len(one.text) for one in kept)
        while kept and n_snippets > n_chars // 3:
            first = kept.pop(0)
            n_snippets -= len(first.path) + len(first.text)
        window = fit_window(document, n_chars - n_snippets)
        prefix, begun = healed(window.prefix)
        prompt = render(
            template, path=case.path, prefix=prefix, suffix=window.suffix, snippets=kept
        )
        question = Generate(
            id=0,
            segments=tuple((one.text, one.special) for one in prompt.segments),
            n_predict=N_PREDICT,
            stop=prompt.stop,
            heal=begun,
        )
        try:
            return await _answer(client, case, question, started)
        except PromptTooLong:
            n_chars = n_chars * 7 // 8


async def _answer(client: ModelClient, case: Case, question: Generate, started: float) -> Answer:
    text, logprob, n_prompt = "", 0.0, 0
    async for item in client.generate(question):
        if isinstance(item, Chunk):
            text += item.text
            logprob += sum(one for _, one in item.tokens)
        elif isinstance(item, Done):
            n_prompt = item.n_prompt
    elapsed_ms = (time.perf_counter() - started) * 1000
    text = text.split("\n", 1)[0].rstrip()
    return Answer(case, text, math.exp(logprob), n_prompt, elapsed_ms, parses_with(case, text))


def parses_with(case: Case, answer: str) -> bool:
    """True when the answer brings no new syntax error to its file."""
    original = parse(case.text, case.language)
    if original is None:
        return True
    changed = original.edited(case.text[: case.offset] + answer + case.text[case.line_stop :])
    return len(changed.errors()) <= len(original.errors())


def edit_distance(a: str, b: str) -> int:
    """Levenshtein's: insertions, deletions and substitutions."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            change = diagonal + (left != right)
            diagonal, row[j] = row[j], min(change, row[j] + 1, row[j - 1] + 1)
    return row[-1]
