"""How right diagnostics are: false alarms on clean code, recall on seeded and on real bugs.

    python -m benchmarks.diagnostics clean DIR...            false alarms per 1,000 lines, per rule
    python -m benchmarks.diagnostics seeded-syntax DIR...    one token deleted from valid code
    python -m benchmarks.diagnostics seeded-bugs DIR...      one bug of each kind put into functions
    python -m benchmarks.diagnostics real FIXES.jsonl CLONES single-token fixes out of histories

DIR are folders of source code that was not used to set thresholds. CLONES holds one git
repository per `owner+name`. Every command appends to `results/diagnostics.csv` with --save.
"""

import argparse
import csv
import json
import platform
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from slm_context.languages import language_for
from slm_context.syntax import SyntaxTree, parse

from benchmarks.seeding import seed_bug, seed_syntax_error
from slm_lsp.diagnostics.python_verdict import python_verdict
from slm_lsp.diagnostics.semantics import RULES, check_semantics
from slm_lsp.diagnostics.syntax import check_syntax, repairs_of

RESULTS = Path(__file__).with_name("results") / "diagnostics.csv"
SKIPPED = {".git", "node_modules", "__pycache__", "test", "tests", "testdata", "bad", "lib2to3"}
MAX_BYTES = 400_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("clean", "seeded-syntax", "seeded-bugs", "real"))
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--n", type=int, default=200, help="cases per language or rule")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print this many alarms or misses")
    parser.add_argument("--skip", default="", help="folder names to leave out, comma-separated")
    parser.add_argument("--save", metavar="LABEL", help="append to the results under this label")
    options = parser.parse_args()
    SKIPPED.update(filter(None, options.skip.split(",")))
    run = {
        "clean": clean,
        "seeded-syntax": seeded_syntax,
        "seeded-bugs": seeded_bugs,
        "real": real,
    }[options.what]
    rows = list(run(options))
    for row in rows:
        print("  ".join(f"{key}={value}" for key, value in row.items()))
    if options.save:
        _save(options.what, options.save, rows)
    return 0


def clean(options: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Every file counts as just written: nothing in it is known, everything is checked."""
    lines: Counter[str] = Counter()
    alarms: Counter[tuple[str, str]] = Counter()
    seconds: Counter[str] = Counter()
    n_shown = 0
    for tree, path in _trees(options.paths):
        started = time.perf_counter()
        findings = list(check_syntax(tree).findings)
        findings += check_semantics(tree, path.name, frozenset())
        seconds[tree.language] += time.perf_counter() - started  # type: ignore[assignment]
        lines[tree.language] += tree.text.count("\n")
        for finding in findings:
            alarms[tree.language, finding.rule] += 1
            if n_shown < options.show:
                n_shown += 1
                line = tree.text.count("\n", 0, finding.start) + 1
                print(f"{path}:{line}: {finding.rule}: {finding.message}")
    for language, n_lines in sorted(lines.items()):
        rules = ["syntax", *RULES] if language == "python" else ["syntax"]
        for rule in rules:
            n_alarms = alarms[language, rule]
            # No alarm in n lines bounds the rate at 3/n with 95 % confidence.
            bound = (n_alarms + 1.96 * n_alarms**0.5 + 3) / n_lines * 1000
            yield {
                "language": language,
                "rule": rule,
                "lines": n_lines,
                "alarms": n_alarms,
                "alarms_per_kloc": round(n_alarms / n_lines * 1000, 4),
                "upper_95": round(bound, 4),
                "ms_per_kloc": round(seconds[language] / n_lines * 1e6, 1),
            }


def seeded_syntax(options: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Is a deleted token found on its line, and is putting it back the first fix?"""
    rng = random.Random(options.seed)
    for language, files in sorted(_by_language(options.paths).items()):
        counts: Counter[str] = Counter()
        for _ in range(options.n * 30):
            if counts["cases"] == options.n:
                break
            text = rng.choice(files).read_text("utf-8")
            tree = parse(text, language)
            seeded = seed_syntax_error(tree, rng) if tree and not tree.has_errors else None
            if tree is None or seeded is None:
                continue
            broken = tree.edited(seeded.text)
            wrong = python_verdict(seeded.text) if language == "python" else broken.has_errors
            if not wrong:
                continue
            counts["cases"] += 1
            report = check_syntax(broken)
            if not report.findings:
                continue
            counts["found"] += 1
            finding = report.findings[0]
            lines = {seeded.text.count("\n", 0, one.start) for one in report.findings}
            counts["line"] += seeded.text.count("\n", 0, seeded.offset) in lines
            repairs = repairs_of(broken, finding, report.unbalanced)
            fixed = [repair.edit.apply(seeded.text) for repair in repairs if repair]
            counts["fix"] += bool(fixed)
            counts["exact"] += bool(fixed) and _same(fixed[0], text)
            counts["exact_2"] += any(_same(one, text) for one in fixed[:2])
        yield _shares(counts, "cases", language=language, rule="syntax")


def seeded_bugs(options: argparse.Namespace) -> Iterator[dict[str, object]]:
    """How many bugs of each kind are found, in Python functions outside tests."""
    rng = random.Random(options.seed)
    files = _by_language(options.paths).get("python", [])
    for rule in RULES:
        counts: Counter[str] = Counter()
        for _ in range(options.n * 30):
            if counts["cases"] == options.n or not files:
                break
            text = rng.choice(files).read_text("utf-8")
            tree = parse(text, "python")
            seeded = seed_bug(tree, rule, rng) if tree and not tree.has_errors else None
            if tree is None or seeded is None:
                continue
            counts["cases"] += 1
            findings = check_semantics(tree.edited(seeded.text), "f.py", frozenset())
            here = [one for one in findings if one.start <= seeded.offset <= one.end]
            counts["found"] += bool(here)
            fixes = [fix.edit.apply(seeded.text) for one in here for fix in one.fixes]
            counts["exact"] += any(_same(one, text) for one in fixes)
        yield _shares(counts, "cases", language="python", rule=rule)


def real(options: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Bugs that people fixed: the file before the fix, with only the buggy function changed."""
    fixes, clones = options.paths
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in fixes.read_text("utf-8").splitlines():
        case = json.loads(line)
        clone = clones / case["repo"].replace("/", "+") / "repo"
        if not case["core"] or not clone.is_dir():
            continue
        shown = subprocess.run(
            ["git", "-C", clone, "show", f"{case['fix_commit']}^:{case['path']}"],
            capture_output=True,
        )
        tree = parse(shown.stdout.decode("utf-8", "replace"), "python")
        if shown.returncode or tree is None or tree.has_errors:
            continue
        counts[case["kind"]]["cases"] += 1
        findings = check_semantics(tree, case["path"], frozenset())
        lines = {tree.text.count("\n", 0, one.start) + 1: one.rule for one in findings}
        rule = lines.get(case["buggy_line"])
        counts[case["kind"]]["found"] += rule is not None
        if rule:
            print(f"found {rule}: {case['repo']} {case['fix_commit'][:10]} {case['buggy_fixed']}")
    for kind, found in sorted(counts.items()):
        yield _shares(found, "cases", language="python", rule=kind)
    everything: Counter[str] = Counter()
    for found in counts.values():
        everything.update(found)
    yield _shares(everything, "cases", language="python", rule="all")


def _trees(roots: list[Path]) -> Iterator[tuple[SyntaxTree, Path]]:
    for files in _by_language(roots).values():
        for path in files:
            language = language_for(path.name)
            assert language is not None
            tree = parse(path.read_text("utf-8"), language)
            if tree is None or (language == "python" and python_verdict(tree.text)):
                continue  # another language, or a file that is wrong on purpose
            yield tree, path


def _by_language(roots: list[Path]) -> dict[str, list[Path]]:
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for root in roots:
        for path in sorted(root.rglob("*")):
            language = language_for(path.name)
            if language is None or SKIPPED & set(path.parts) or not path.is_file():
                continue
            if 200 < path.stat().st_size < MAX_BYTES and not path.is_symlink():
                try:
                    path.read_text("utf-8")
                except UnicodeDecodeError:
                    continue
                found[language].append(path)
    return found


def _shares(counts: Counter[str], total: str, **names: str) -> dict[str, object]:
    n = counts[total]
    shares = {key: round(value / n, 3) for key, value in counts.items() if key != total and n}
    return {**names, total: n, **shares}


def _same(a: str, b: str) -> bool:
    """Equal but for spacing."""
    return "".join(a.split()) == "".join(b.split())


def _save(what: str, label: str, rows: list[dict[str, object]]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    new = not RESULTS.exists()
    with RESULTS.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(
                ["benchmark", "label", "machine", "language", "rule", "measure", "value"]
            )
        machine = f"{platform.machine()} {platform.system()} Python {platform.python_version()}"
        for row in rows:
            for measure, value in row.items():
                if measure not in ("language", "rule"):
                    names = [row["language"], row["rule"], measure, value]
                    writer.writerow([what, label, machine, *names])


if __name__ == "__main__":
    sys.exit(main())
