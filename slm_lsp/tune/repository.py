"""The user's repository as the server reads it, divided into files to learn from and to ask about.

What is divided is a copy of the moment when the run began: a run that was interrupted goes on with
the same text, whatever was edited meanwhile.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from slm_lsp.documents import encodable
from slm_lsp.settings import Settings
from slm_lsp.workspace.scan import Rules, read_source, scan

# One file in so many is held out. Fewer would say too little of a small repository.
HELD_OUT_SHARE = 0.2
# A file of which so much stands in one file that is learnt from is a copy: asking about it would
# measure memory. Lines shorter than MIN_LINE are the same everywhere.
COPY_SHARE = 0.5
MIN_LINE = 12


@dataclass(frozen=True, slots=True)
class SourceText:
    """One source file. `path` is relative to the root, with forward slashes."""

    path: str
    language: str
    text: str

    @property
    def n_lines(self) -> int:
        return self.text.count("\n")


@dataclass(frozen=True, slots=True)
class Division:
    """What is learnt from and what is asked about; no file is in two of them."""

    learnt: tuple[SourceText, ...]
    held_out: tuple[SourceText, ...]
    copies: tuple[SourceText, ...]  # neither: held out, but mostly equal to a file learnt from

    @property
    def n_lines(self) -> int:
        return sum(one.n_lines for one in (*self.learnt, *self.held_out, *self.copies))

    def write(self, path: Path) -> None:
        with path.open("w", encoding="utf-8", errors="surrogatepass") as file:
            for part, texts in asdict(self).items():
                for one in texts:
                    file.write(json.dumps({"part": part, **one}) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Division":
        parts: dict[str, list[SourceText]] = {"learnt": [], "held_out": [], "copies": []}
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                parts[row.pop("part")].append(SourceText(**row))
        return cls(**{part: tuple(texts) for part, texts in parts.items()})


def read_repository(root: Path, settings: Settings) -> list[SourceText]:
    """Every file that the server's own scan would read, and no other."""
    context = settings.context
    rules = Rules(root, context.include, (*context.exclude, *settings.privacy.exclude))
    found: list[SourceText] = []
    for file in scan(rules):
        content = read_source(root / file.path)
        if content:
            text = content.decode("utf-8", "replace")
            # A name that is not UTF-8 is shown as the server shows it: a tokenizer takes no other.
            found.append(SourceText(encodable(file.path), file.language, text))
    return found


def divide(texts: Sequence[SourceText], seed: int) -> Division:
    """Hold out files by a hash of seed and path: the same ones, whatever else is there."""
    learnt: list[SourceText] = []
    chosen: list[SourceText] = []
    for one in texts:
        (chosen if _is_chosen(one.path, seed) else learnt).append(one)
    copied = _copies(chosen, learnt)
    return Division(
        tuple(learnt),
        tuple(one for one in chosen if one.path not in copied),
        tuple(one for one in chosen if one.path in copied),
    )


def _is_chosen(path: str, seed: int) -> bool:
    digest = hashlib.sha256(f"{seed}:{path}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") < HELD_OUT_SHARE * 2**32


def _copies(chosen: Iterable[SourceText], learnt: Iterable[SourceText]) -> set[str]:
    """Paths of `chosen` that share most of their lines with one file of `learnt`."""
    holders: defaultdict[str, set[int]] = defaultdict(set)
    for number, one in enumerate(learnt):
        for line in _telling_lines(one.text):
            holders[line].add(number)
    found: set[str] = set()
    for one in chosen:
        lines = _telling_lines(one.text)
        shared: Counter[int] = Counter()
        for line in lines:
            shared.update(holders.get(line, ()))
        if shared and shared.most_common(1)[0][1] > COPY_SHARE * len(lines):
            found.add(one.path)
    return found


def _telling_lines(text: str) -> set[str]:
    stripped = (line.strip() for line in text.splitlines())
    return {line for line in stripped if len(line) >= MIN_LINE}
