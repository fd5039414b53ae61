"""What the model learns from a file: completions as the server would ask for them.

A sample hides some text at a place where a typist pauses, and is rendered by `slm_prompts` from the
window that `slm_context` would choose: what is trained is what is served.
"""

import math
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from slm_context.cursor import DocumentContext, split_at_cursor
from slm_context.syntax import Place, SyntaxTree, parse
from slm_context.window import fit_window
from slm_prompts.fim import Prompt
from slm_prompts.render import OtherFile, render
from slm_prompts.template import FimTemplate
from tokenizers import Tokenizer

from slm_lsp.completion.healing import healed

# Snippets of other files for a document, most useful last.
Neighbours = Callable[[DocumentContext], Sequence[OtherFile]]

# Where a typist pauses inside a line: after an operator, a bracket, a dot, a comma, a keyword.
PAUSE = re.compile(
    r"[.(\[{=,:<>!+\-*/&|] ?|->|=>|::|\b(?:return|import|from|in|if|elif|for|and|or|not|await|new|"
    r"const|let|var|func|fn|def|class|raise|throw|case|yield|assert|with|as|else) "
)
WORD = re.compile(r"[A-Za-z_]\w{2,}")
BLOCKS = frozenset(
    {"block", "statement_block", "compound_statement", "constructor_body", "class_body"}
)
MAX_BLOCK_LINES = 12
MAX_MIDDLE_TOKENS = 192
MAX_MIDDLE_CHARS = 1_200


@dataclass(frozen=True, slots=True)
class Mix:
    """How often what is asked. The shares were chosen by how the server is used, not by taste."""

    causal: float = 0.12  # plain text, to learn the language from every token at once
    block: float = 0.15  # the body of a block
    inside: float = 0.05  # code stays after the cursor on its line (asked for by hand only)
    snippets: float = 0.6  # of the others: with snippets from other files
    # Of the line targets: at the start of the line, after a sign or keyword; else inside a word.
    line_start: float = 0.3
    pause: float = 0.45
    chars: tuple[int, int] = (600, 5_600)


@dataclass(frozen=True, slots=True)
class Target:
    """A document with something hidden at its cursor."""

    document: DocumentContext
    middle: str


@dataclass(frozen=True, slots=True)
class SampleMaker:
    """Makes samples of at most `length` tokens."""

    tokenizer: Tokenizer
    template: FimTemplate
    length: int
    mix: Mix = Mix()

    def __post_init__(self) -> None:
        # A marker that stands in a file is text: only our own markers are special.
        self.tokenizer.encode_special_tokens = True

    def samples(
        self,
        path: str,
        language: str,
        text: str,
        rng: random.Random,
        neighbours: Neighbours | None = None,
    ) -> Iterator[list[int]]:
        """One sample for each few thousand characters, spread over the file."""
        tree = parse(text, language)
        n_samples = max(1, round(len(text) / (0.7 * sum(self.mix.chars) / 2)))
        for number in range(n_samples):
            start = len(text) * number // n_samples
            stop = len(text) * (number + 1) // n_samples
            if rng.random() < self.mix.causal:
                yield self.causal(path, text[start:], stop >= len(text))
                continue
            target = pick(path, language, text, tree, (start, stop), self.mix, rng)
            if target is None:
                continue
            found: Sequence[OtherFile] = ()
            if neighbours is not None and rng.random() < self.mix.snippets:
                found = neighbours(target.document)
            low, high = (math.log(n) for n in self.mix.chars)
            sample = self.completion(target, found, int(math.exp(rng.uniform(low, high))))
            if sample is not None:
                yield sample

    def completion(
        self, target: Target, snippets: Sequence[OtherFile], n_chars: int
    ) -> list[int] | None:
        """The prompt, the hidden text and the end marker; None when the text is too long."""
        # As the server does: a word that was begun is taken off the prompt, and written again.
        _, begun = healed(target.document.prefix)
        middle = self.encode(begun + target.middle)
        if len(middle) > MAX_MIDDLE_TOKENS:
            return None
        room = self.length - len(middle) - 1
        kept = list(snippets)
        for _ in range(5):
            n_snippets = sum(len(one.path) + len(one.text) for one in kept)
            while kept and n_snippets > n_chars // 3:
                first = kept.pop(0)
                n_snippets -= len(first.path) + len(first.text)
            window = fit_window(target.document, n_chars - n_snippets)
            prompt = render(
                self.template,
                path=target.document.path,
                prefix=healed(window.prefix)[0],
                suffix=window.suffix,
                snippets=kept,
            )
            tokens = self.encode_prompt(prompt)
            if len(tokens) <= room:
                return [*tokens, *middle, self.id(self.template.end[0])]
            n_chars = n_chars * 3 // 4
        return None

    def causal(self, path: str, text: str, to_the_end: bool) -> list[int]:
        """A file's text from somewhere on, as it stands."""
        tokens: list[int] = []
        if self.template.file_separator:
            tokens = [self.id(self.template.file_separator), *self.encode(f"{path}\n")]
        tokens += self.encode(text[: 4 * self.length])
        if to_the_end and len(tokens) < self.length and len(text) <= 4 * self.length:
            return [*tokens, self.id(self.template.end[0])]
        return tokens[: self.length]

    def encode_prompt(self, prompt: Prompt) -> list[int]:
        tokens: list[int] = []
        for segment in prompt.segments:
            tokens += [self.id(segment.text)] if segment.special else self.encode(segment.text)
        return tokens

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def id(self, marker: str) -> int:
        token = self.tokenizer.token_to_id(marker)
        if token is None:
            raise ValueError(f"the tokenizer has no token {marker}")
        return token


def pick(
    path: str,
    language: str,
    text: str,
    tree: SyntaxTree | None,
    span: tuple[int, int],
    mix: Mix,
    rng: random.Random,
) -> Target | None:
    """A place inside `span` to hide text at; None when none was found."""
    for _ in range(8):
        offset = rng.randint(span[0], max(span[0], span[1] - 1))
        hidden = None
        if tree is not None and rng.random() < mix.block:
            hidden = pick_block(tree, text, offset)
        if hidden is None:
            hidden = pick_line(tree, text, offset, mix, rng)
        if hidden is not None:
            start, stop = hidden
            shown = text[:start] + text[stop:]
            document = split_at_cursor(shown, start, path=path, language=language)
            return Target(document, text[start:stop])
    return None


def pick_block(tree: SyntaxTree, text: str, offset: int) -> tuple[int, int] | None:
    """The statements of the smallest block around `offset`, without its braces."""
    for node in tree.ancestors(offset):
        if node.type not in BLOCKS:
            continue
        start, stop = tree.span(node)
        if text[start:stop].startswith("{"):
            body = text[start + 1 : stop - 1]
            start += 1 + len(body) - len(body.lstrip())
            stop -= 1 + len(body) - len(body.rstrip())
            if "\n" not in body[: len(body) - len(body.lstrip())]:
                continue
        body = text[start:stop].rstrip()
        if not body or body.count("\n") >= MAX_BLOCK_LINES or len(body) > MAX_MIDDLE_CHARS:
            return None
        return start, start + len(body)
    return None


def pick_line(
    tree: SyntaxTree | None, text: str, offset: int, mix: Mix, rng: random.Random
) -> tuple[int, int] | None:
    """The rest of the line at `offset`, from where a typist would pause."""
    start = text.rfind("\n", 0, offset) + 1
    stop = text.find("\n", offset)
    stop = len(text) if stop < 0 else stop
    line = text[start:stop].rstrip()
    stripped = line.lstrip()
    if len(stripped) < 3 or len(stripped) > 300:
        return None
    indent = len(line) - len(stripped)
    # Prose is hard to guess and little wanted: most of it is left alone.
    if tree is not None and rng.random() < 0.8:
        place = tree.place(start + indent + min(3, len(stripped)))
        if place is not Place.CODE and not stripped.startswith(("import", "from", "use")):
            return None
    column = pick_column(line, indent, mix, rng)
    end = len(line)
    if rng.random() < mix.inside:
        ends = [
            match.start() for match in re.finditer(r"[,)\]}]| \w", line) if match.start() > column
        ]
        end = rng.choice(ends) if ends else end
    return (start + column, start + end) if end > column else None


def pick_column(line: str, indent: int, mix: Mix, rng: random.Random) -> int:
    chance = rng.random()
    if chance < mix.line_start:
        return indent
    if chance < mix.line_start + mix.pause:
        stops = [match.end() for match in PAUSE.finditer(line, indent) if match.end() < len(line)]
        if stops:
            return rng.choice(stops)
    words = [match for match in WORD.finditer(line, indent)]
    if words:
        word = rng.choice(words)
        column = word.start() + rng.randint(1, min(4, len(word.group()) - 1))
        if column < len(line):
            return column
    return rng.randint(indent, len(line) - 1)
