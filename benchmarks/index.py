"""How long a repository takes to read, beside the limit: a bare parse of the same files.

    python -m benchmarks.index [FOLDER] [--write]

FOLDER is by default the standard library of the Python that runs this, with its tests. All figures
are of one run, so their ratios hold on a busy machine, too.
"""

import argparse
import csv
import os
import resource
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from slm_context.index import Index
from slm_context.languages import grammar
from tree_sitter import Parser

from benchmarks.machine import machine
from slm_lsp.workspace.indexer import update, update_file
from slm_lsp.workspace.scan import Rules, scan

RESULTS = Path(__file__).parent / "results" / "index.csv"


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(root: Path) -> dict[str, float]:
    rules = Rules(root)
    files = [one for one in scan(rules) if grammar(one.language) is not None]
    contents = [(one.language, (root / one.path).read_bytes()) for one in files]
    parsers = {one.language: Parser(grammar(one.language)) for one in files}  # type: ignore[arg-type]

    def parse() -> None:
        for language, content in contents:
            parsers[language].parse(content)

    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "index.sqlite"
        bare_s = seconds(parse)
        index = Index(file)
        cold_s = seconds(lambda: update(index, rules, os.cpu_count() or 1))
        warm_s = seconds(lambda: update(index, rules))
        largest = max(files, key=lambda one: one.stamp.size)
        one_s = seconds(lambda: update_file(index, rules, largest.path))
        n_files, n_definitions = index.count()
        index.close()
        size = file.stat().st_size
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "files": n_files,
        "lines": sum(content.count(b"\n") for _, content in contents),
        "definitions": n_definitions,
        "bare_parse_s": round(bare_s, 2),
        "cold_s": round(cold_s, 2),
        "cold_to_bare": round(cold_s / bare_s, 2),
        "warm_s": round(warm_s, 3),
        "largest_file_ms": round(one_s * 1000, 1),
        "index_mb": round(size / 1e6, 1),
        "largest_child_mib": round(children / 1024, 1),
    }


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    parser.add_argument("folder", nargs="?", type=Path, default=stdlib)
    parser.add_argument("--write", action="store_true", help=f"record in {RESULTS.name}")
    arguments = parser.parse_args(argv)
    found = measure(arguments.folder)
    for name, value in found.items():
        print(f"{name}: {value}")
    if arguments.write:
        RESULTS.parent.mkdir(exist_ok=True)
        with RESULTS.open("w", newline="") as file:
            writer = csv.DictWriter(file, [*found, "machine"])
            writer.writeheader()
            writer.writerow({**found, "machine": machine()})


if __name__ == "__main__":
    main()
