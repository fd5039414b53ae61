"""How long a repository takes to read, beside the limit: a bare parse of the same files.

    python -m benchmarks.index [FOLDER] [--write]

FOLDER is by default made of 10,000 files: the standard library of the Python that runs this, with
its tests, and the packages installed beside it. All figures are of one run, so their ratios hold
on a busy machine, too. universal-ctags is measured where it is installed.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from slm_context.cursor import DocumentContext
from slm_context.gather import Gatherer
from slm_context.index import Index
from slm_context.languages import grammar
from slm_context.view import parsed, tags_again
from tree_sitter import Parser

from benchmarks.machine import machine
from benchmarks.memory import Memory, children_cpu_s
from benchmarks.tables import write_table
from slm_lsp.settings import Settings
from slm_lsp.workspace.indexer import update_file, write_request
from slm_lsp.workspace.limits import limits_of
from slm_lsp.workspace.read_all import COMMAND
from slm_lsp.workspace.reading import Reader
from slm_lsp.workspace.scan import Rules, SourceFile, read_source, scan

RESULTS = Path(__file__).parent / "results" / "index.csv"
N_FILES = 10_000
# Kept for nobody to measure on.
RESERVED = frozenset({"httpx", "datasette", "black", "blib2to3"})
N_SAVED, N_CURSORS = 200, 400


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def tree(folder: Path) -> None:
    """A tree of N_FILES real files in `folder`, written without links."""
    paths = sysconfig.get_paths()
    n_copied = 0
    for name, top in (("stdlib", paths["stdlib"]), ("packages", paths["purelib"])):
        for file in sorted(Path(top).rglob("*.py")):
            inner = file.relative_to(top)
            # Too deep for "site-packages" within the standard library's own folder.
            if "site-packages" in inner.parts or RESERVED.intersection(inner.parts):
                continue
            target = folder / name / inner
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            n_copied += 1
            if n_copied >= N_FILES:
                return


def read_repository(root: Path, index: Path) -> tuple[float, float]:
    """Seconds, from nothing, of the process that the server starts, and MiB that it takes."""
    started = time.perf_counter()
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    memory = Memory(process.pid)
    out, _ = process.communicate(write_request(root, index, (), ()))
    took = time.perf_counter() - started
    assert process.returncode == 0, "the indexing process failed"
    assert json.loads(out.splitlines()[-1])["files"]
    return took, memory.most_mib


def saves(index: Index, rules: Rules, files: list[SourceFile]) -> list[float]:
    """Milliseconds until each file, changed at its end, is in the index again."""
    took: list[float] = []
    for file in files:
        path = rules.root / file.path
        content = read_source(path)
        if content is None:
            continue
        # As it was while it was open in the editor.
        tags_again(content, file.language, path=file.path)
        path.write_bytes(content + b"\nchanged_here = 1\n")

        def parse(data: bytes, language: str, path: str = file.path):
            return tags_again(data, language, path=path)

        took.append(seconds(lambda f=file, p=parse: update_file(index, rules, f.path, p)) * 1000)
    return sorted(took)


def looked_up(
    index: Index, rules: Rules, files: list[SourceFile]
) -> tuple[list[float], list[float]]:
    """Milliseconds of looking up snippets, and names, with a key typed between two of them."""
    limits = limits_of(Settings().context)
    read = Reader(rules.root, index.checked).text
    asked = [Rules(rules.root)]  # made anew for every question, as the server does
    gatherer = Gatherer(index, read, allows=lambda path: asked[0].allows(path))
    rng = random.Random(0)
    snippets: list[float] = []
    names: list[float] = []
    for file in files:
        text = read(file.path) or ""
        if len(text) < 500:
            continue
        offset = rng.randrange(len(text) // 2, len(text))
        # As the server does when the document is opened.
        parsed(text, file.language, file.path)
        for typed in ("", "x", "x."):
            document = DocumentContext(
                file.path, file.language, text[:offset] + typed + text[offset:], offset + len(typed)
            )
            asked[0] = Rules(rules.root)
            snippets.append(seconds(lambda d=document: gatherer.gather(d, (), limits)) * 1000)
            names.append(
                seconds(lambda d=document: gatherer.expected(d, (), (), limits.deadline_ms)) * 1000
            )
    return sorted(snippets), sorted(names)


def at(values: list[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(len(values) * share))], 1)


def measure(root: Path, scratch: Path) -> dict[str, float | str]:
    rules = Rules(root)
    files = [one for one in scan(rules) if grammar(one.language) is not None]
    parsers = {one.language: Parser(grammar(one.language)) for one in files}  # type: ignore[arg-type]
    contents = [(one.language, (root / one.path).read_bytes()) for one in files]
    n_lines = sum(content.count(b"\n") for _, content in contents)

    def parse() -> None:
        for language, content in contents:
            parsers[language].parse(content)

    before = time.process_time()
    bare_s = seconds(parse)
    bare_cpu_s = time.process_time() - before
    contents.clear()
    before = children_cpu_s()
    cold_s, memory_mib = read_repository(root, scratch / "index.sqlite")
    cold_cpu_s = children_cpu_s() - before
    warm_s = min(read_repository(root, scratch / "index.sqlite")[0] for _ in range(3))
    ctags_s = ""
    program = shutil.which("ctags")
    if program:
        names = scratch / "names"
        names.write_text("".join(f"{root / one.path}\n" for one in files))
        command = [program, "-L", str(names), "-f", str(scratch / "tags")]
        ctags_s = str(round(seconds(lambda: subprocess.run(command, check=True)), 2))
    index = Index(scratch / "index.sqlite")
    n_files, n_definitions = index.count()
    by_size = sorted(files, key=lambda one: -one.stamp.size)
    rng = random.Random(0)
    n_references = sum(row[0] for row in index._db.execute("SELECT length(files) / 4 FROM uses"))
    sample = rng.sample(files, min(N_CURSORS, len(files)))
    gathered, named = looked_up(index, rules, sample)
    saved = saves(index, rules, rng.sample(files, min(N_SAVED, len(files))))
    readable = (one for one in by_size if read_source(root / one.path) is not None)
    largest = saves(index, rules, [next(readable)])
    size = index.file.stat().st_size
    index.close()
    return {
        "files": n_files,
        "lines": n_lines,
        "definitions": n_definitions,
        "references": n_references,
        "bare_parse_s": round(bare_s, 2),
        "cold_s": round(cold_s, 2),
        "cold_to_bare": round(cold_s / bare_s, 2),
        # On a machine that does other things, too, the time on the wall says little.
        "bare_parse_cpu_s": round(bare_cpu_s, 2),
        "cold_cpu_s": round(cold_cpu_s, 2),
        "ctags_s": ctags_s,
        "warm_s": round(warm_s, 2),
        "memory_mib": round(memory_mib, 1),
        "saved_median_ms": round(median(saved), 1),
        "saved_p95_ms": at(saved, 0.95),
        "saved_largest_ms": round(largest[0], 1),
        "gather_p50_ms": at(gathered, 0.5),
        "gather_p95_ms": at(gathered, 0.95),
        "names_p50_ms": at(named, 0.5),
        "names_p95_ms": at(named, 0.95),
        "index_mb": round(size / 1e6, 1),
    }


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, help="is copied: files are changed")
    parser.add_argument("--write", action="store_true", help=f"record in {RESULTS.name}")
    arguments = parser.parse_args(argv)
    if not sys.platform.startswith("linux"):
        parser.error("memory is read from /proc, which only Linux has")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "tree"
        if arguments.folder is None:
            tree(root)
        else:
            shutil.copytree(arguments.folder, root, symlinks=True)
        found = measure(root, Path(scratch))
    for name, value in found.items():
        print(f"{name}: {value}")
    if arguments.write:
        write_table(RESULTS, [{**found, "machine": machine()}])


if __name__ == "__main__":
    main()
