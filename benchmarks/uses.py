"""Does the index of references help: files that use the words at the cursor, wherever they lie?

    python -m benchmarks.uses CLONES [--cases 24] [--write]

Where no dot stands before the cursor, the names that may come are those that follow the same three
words in the document, in up to four files beside it, and in up to four that the index of references
names for these words. For comparison, every file of the repository is searched for the three words,
which takes longer than a key may, and the four that have them most often are looked at as well.
Behind a dot the index only says how many files use each name that may come: with it and without.
No model is asked: counted is how often the right name is told. CLONES and the places are those of
`benchmarks.context`.
"""

import argparse
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean

from slm_context.cursor import DocumentContext
from slm_context.expected import BEGUN, N_TELLING, TOKEN, followers
from slm_context.gather import Gatherer
from slm_context.index import Index
from slm_context.receiver import steps_at
from slm_context.usage import MAX_CHARS, Usage
from slm_context.view import View

from benchmarks.context import interval
from benchmarks.cross_file import cases, files_of
from benchmarks.tables import write_table
from slm_lsp.workspace.indexer import update
from slm_lsp.workspace.scan import Rules

RESULTS = Path(__file__).parent / "results" / "uses.csv"
MOST = 4
WAYS = ("files beside", "and the index of references", "and every file searched")


def searched(document: DocumentContext, texts: dict[str, str]) -> list[tuple[str, str]]:
    """Of files in the document's language, those that have its last words most often."""
    words = TOKEN.findall(BEGUN.sub("", document.line_prefix))[-N_TELLING:]
    if len(words) < N_TELLING:
        return []
    pattern = re.compile(r"[ \t]*".join(map(re.escape, words)))
    folder = document.path.rpartition("/")[0]
    found = [
        (path.rpartition("/")[0] != folder, -n_times, path)
        for path, text in texts.items()
        if path != document.path and (n_times := len(pattern.findall(text)))
    ]
    return [(path, texts[path][:MAX_CHARS]) for _, _, path in sorted(found)]


def told(root: Path, scratch: Path, n_cases: int, seed: int) -> Iterator[tuple[list[bool], ...]]:
    """For each place, what is told in each of the WAYS."""
    index = Index(scratch / f"{seed}.sqlite")
    update(index, Rules(root), 2)
    languages = dict(files_of(index))
    texts = {path: (root / path).read_text("utf-8", "replace") for path in languages}
    for case in cases(root, index, n_cases, seed):
        document = case.document
        if steps_at(document):
            continue
        usage = Usage(document, {}, View(index, (), document.language), texts.get)
        beside = usage.beside
        same = {path: texts[path] for path, one in languages.items() if one == case.language}
        using = {path: text for path, text in searched(document, same) if path not in beside}
        both = beside | dict(list(using.items())[:MOST])

        def by_index(names: Sequence[str], usage: Usage = usage) -> dict[str, str]:
            return usage.beside | usage.using(names)

        yield tuple(
            _counted(case.name, [one.name for one in followers(document, ask)])
            for ask in (
                lambda names, found=beside: found,
                by_index,
                lambda names, found=both: found,
            )
        )
    index.close()


class WithoutUses(Index):
    """An index that does not say how many files use a name."""

    def n_users(self, name: str) -> int:
        return 0


def behind_a_dot(root: Path, scratch: Path, n_cases: int, seed: int) -> Iterator[tuple[bool, bool]]:
    """Where names are told, whether the first is right: without the index, and with it."""
    file = scratch / f"{seed}.sqlite"
    index, without = Index(file, read_only=True), WithoutUses(file, read_only=True)
    texts = {path: (root / path).read_text("utf-8", "replace") for path, _ in files_of(index)}
    gatherers = Gatherer(without, texts.get), Gatherer(index, texts.get)
    for case in cases(root, index, n_cases, seed):
        if steps_at(case.document):
            told = [one.expected(case.document, ()) for one in gatherers]
            if all(told):
                yield told[0][0].name == case.name, told[1][0].name == case.name
    index.close()
    without.close()


def over(pairs: Sequence[tuple[bool, bool]]) -> str:
    """How much more often with the index than without, with 95 % of a paired bootstrap."""
    differences = [float(with_index) - float(without) for without, with_index in pairs]
    low, high = interval(differences)
    return f"{mean(differences):+.3f} ({low:+.3f} to {high:+.3f})"


def _counted(name: str, names: list[str]) -> list[bool]:
    return [bool(names), names[:1] == [name], name in names[:5], name in names]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clones", type=Path)
    parser.add_argument("--cases", type=int, default=24, help="of one repository, at most")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        found: list[tuple[list[bool], ...]] = []
        dotted: list[tuple[bool, bool]] = []
        for seed, root in enumerate(sorted(p for p in arguments.clones.iterdir() if p.is_dir())):
            found += told(root, Path(scratch), arguments.cases, seed)
            dotted += behind_a_dot(root, Path(scratch), arguments.cases, seed)
    measures = ("any name is told", "the first is right", "one of five is", "one of all is")
    rows = [
        {
            "measure": measure,
            "places": len(found),
            **{way: f"{mean(one[i][n] for one in found):.3f}" for i, way in enumerate(WAYS)},
            "index over beside": over([(beside[n], more[n]) for beside, more, _ in found]),
        }
        for n, measure in enumerate(measures)
    ]
    shares = [f"{mean(one[n] for one in dotted):.3f}" for n in range(2)]
    rows.append(
        {
            "measure": "behind a dot the first is right",
            "places": len(dotted),
            **dict(zip(WAYS, [*shares, ""], strict=True)),
            "index over beside": over(dotted),
        }
    )
    for row in rows:
        print(*row.values(), sep="\t")
    if arguments.write:
        write_table(RESULTS, rows)


if __name__ == "__main__":
    main()
