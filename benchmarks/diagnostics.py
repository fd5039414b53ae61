"""How right diagnostics are: false alarms on clean code, recall on seeded and on real bugs.

    python -m benchmarks.diagnostics clean DIR...             false alarms per 1,000 lines
    python -m benchmarks.diagnostics seeded-syntax DIR...     one token deleted from valid code
    python -m benchmarks.diagnostics seeded-bugs DIR...       a bug of each kind put into functions
    python -m benchmarks.diagnostics real FIXES.jsonl CLONES  single-token fixes out of histories
    python -m benchmarks.diagnostics report                   rates with intervals, and the curve

DIR holds a folder per repository, named owner+name, checked out at the commits that
`results/diagnostics_sources.csv` lists. CLONES holds git repositories as owner+name/repo. With
--save the counts of every repository go into `results/diagnostics.csv`, and what the model makes of
each suspicion (--model) into `results/diagnostics_ratios.csv`.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from slm_context.syntax import SyntaxTree, parse

from benchmarks.diagnostics_data import Case, real_cases, sources, trees
from benchmarks.diagnostics_ratios import Ratios
from benchmarks.diagnostics_report import Row, report, save
from benchmarks.seeding import SEEDERS, seed_bug, seed_syntax_error
from slm_lsp.diagnostics.checking import REPAIR_S
from slm_lsp.diagnostics.fixes import first_repairs, with_fixes
from slm_lsp.diagnostics.python_verdict import python_verdict
from slm_lsp.diagnostics.semantics import HINTS, RULES, check_semantics
from slm_lsp.diagnostics.syntax import check_syntax
from slm_lsp.diagnostics.types import Finding

ALL_RULES = {**RULES, **HINTS}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("clean", "seeded-syntax", "seeded-bugs", "real", "report"))
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--n", type=int, default=100, help="cases per language or rule")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--languages", default="", help="only these, comma-separated")
    parser.add_argument("--rules", default="", help="bugs of these only, comma-separated")
    parser.add_argument("--show", action="store_true", help="print alarms, or what was found")
    parser.add_argument("--model", action="store_true", help="ask the bundled model as well")
    parser.add_argument("--save", metavar="LABEL", help="add to the results under this label")
    options = parser.parse_args()
    if options.what == "report":
        report()
        return 0
    run = {
        "clean": clean,
        "seeded-syntax": seeded_syntax,
        "seeded-bugs": seeded_bugs,
        "real": real,
    }[options.what]
    ratios = Ratios(options.what)
    rows = list(run(options, ratios))
    if options.model:
        asyncio.run(ratios.ask())
    if options.save:
        save(options.what, options.save, rows)
        ratios.save(options.save)
    return 0


def clean(options: argparse.Namespace, ratios: Ratios) -> Iterator[Row]:
    """Every file counts as just written: nothing in it is known, everything is checked."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for source, tree in trees(options.paths, _languages(options)):
        count = counts.setdefault((source.repository, tree.language), Counter())
        count["lines"] += tree.text.count("\n")
        findings = list(check_syntax(tree).findings)
        findings += check_semantics(tree, source.name, frozenset(), ALL_RULES)
        for finding in findings:
            count[finding.rule] += 1
            if finding.rule in ALL_RULES:
                ratios.add(source.repository, tree, finding, right=False)
            if options.show:
                line = tree.text.count("\n", 0, finding.start) + 1
                print(f"{source.path}:{line}: {finding.rule}: {finding.message}", flush=True)
    for (repository, language), count in sorted(counts.items()):
        for rule in ["syntax", *(ALL_RULES if language == "python" else ())]:
            yield Row(repository, language, rule, count["lines"], {"alarms": count[rule]})


def seeded_syntax(options: argparse.Namespace, ratios: Ratios) -> Iterator[Row]:
    """Is a deleted token found on its line, and is putting it back the first fix?"""
    for language, files in sorted(sources(options.paths, _languages(options)).items()):
        rng = random.Random(f"{options.seed}:{language}")
        counts: dict[tuple[str, str], Counter[str]] = {}
        n = 0
        for _ in range(options.n * 30):
            if n == options.n:
                break
            source = rng.choice(files)
            tree = source.tree(max_chars=60_000)
            seeded = seed_syntax_error(tree, rng) if tree and not tree.has_errors else None
            if tree is None or seeded is None:
                continue
            broken = tree.edited(seeded.text)
            if not (python_verdict(seeded.text) if language == "python" else broken.has_errors):
                continue  # still valid without the token
            n += 1
            kind = _kind(seeded.removed)
            count = counts.setdefault((source.repository, kind), Counter())
            count["cases"] += 1
            count += _found(broken, seeded.text, seeded.offset, tree.text)
        total: Counter[str] = Counter()
        for (repository, kind), count in sorted(counts.items()):
            total += count
            yield Row(repository, language, kind, count.pop("cases"), dict(count))
        print(language, dict(total), flush=True)


def _kind(token: str) -> str:
    """Brackets and signs can be put back from the grammar; what a word was, it cannot tell."""
    if token in "()[]{}":
        return "bracket"
    return "word" if token[0].isalnum() or token[0] in "_\"'`$" else "sign"


def _found(broken: SyntaxTree, text: str, offset: int, whole: str) -> Counter[str]:
    count: Counter[str] = Counter()
    report = check_syntax(broken)
    if not report.findings:
        return count
    finding = report.findings[0]
    count["found"] += 1
    start = time.process_time()
    repairs = first_repairs(broken, finding, report.unbalanced, 20.0)
    count["in_time"] += bool(repairs) and time.process_time() - start <= REPAIR_S
    finding = with_fixes(text, finding, repairs)
    lines = {text.count("\n", 0, one.start) for one in (finding, *report.findings[1:])}
    count["line"] += text.count("\n", 0, offset) in lines
    fixed = [fix.edit.apply(text) for fix in finding.fixes]
    count["fix"] += bool(fixed)
    count["exact"] += bool(fixed) and _same(fixed[0], whole)
    count["exact_2"] += any(_same(one, whole) for one in fixed)
    count["fix_leaves_error"] += sum(_is_wrong(one, broken.language) for one in fixed)
    return count


def _is_wrong(text: str, language: str) -> bool:
    """Parsed from nothing: a tree that was parsed bit by bit may see less."""
    tree = parse(text, language)
    return tree is None or (
        python_verdict(text) is not None if language == "python" else tree.has_errors
    )


def seeded_bugs(options: argparse.Namespace, ratios: Ratios) -> Iterator[Row]:
    """How many bugs of each kind are found, in Python outside of tests."""
    files = sources(options.paths, {"python"}).get("python", [])
    for rule in filter(None, options.rules.split(",")) if options.rules else SEEDERS:
        rng = random.Random(f"{options.seed}:{rule}")
        counts: dict[str, Counter[str]] = {}
        n = 0
        for _ in range(options.n * 30):
            if n == options.n or not files:
                break
            source = rng.choice(files)
            tree = source.tree(max_chars=60_000)
            seeded = seed_bug(tree, rule, rng) if tree and not tree.has_errors else None
            if tree is None or seeded is None:
                continue
            n += 1
            count = counts.setdefault(source.repository, Counter())
            count["cases"] += 1
            broken = tree.edited(seeded.text)
            for finding in check_semantics(broken, source.name, frozenset(), ALL_RULES):
                if finding.start <= seeded.offset <= finding.end:
                    right = any(_same(f.edit.apply(seeded.text), tree.text) for f in finding.fixes)
                    count["found"] += 1
                    count["exact"] += right
                    ratios.add(source.repository, broken, finding, right=True)
                    break
        for repository, count in sorted(counts.items()):
            yield Row(repository, "python", rule, count.pop("cases"), dict(count))
        print(rule, n, {k: sum(c[k] for c in counts.values()) for k in ("found", "exact")})


def real(options: argparse.Namespace, ratios: Ratios) -> Iterator[Row]:
    """Bugs that people fixed: the file before the fix."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for case in real_cases(*options.paths):
        count = counts.setdefault((case.repository, case.kind), Counter())
        count["cases"] += 1
        tree = parse(case.text, "python")
        if tree is None:
            continue
        for finding in check_semantics(tree, case.path, frozenset(), ALL_RULES):
            if _hits(case, tree, finding):
                count["found"] += finding.rule in RULES
                count["found_as_hint"] += finding.rule in HINTS
                ratios.add(case.repository, tree, finding, right=True)
                print(f"found {finding.rule}: {case.repository} {case.commit[:10]} {case.tokens}")
                break
    for (repository, kind), count in sorted(counts.items()):
        yield Row(repository, "python", kind, count.pop("cases"), dict(count))


def _hits(case: Case, tree: SyntaxTree, finding: Finding) -> bool:
    first = tree.text.count("\n", 0, finding.start) + 1
    last = tree.text.count("\n", 0, finding.end) + 1
    return first <= case.line <= last


def _languages(options: argparse.Namespace) -> set[str]:
    return set(filter(None, options.languages.split(",")))


def _same(a: str, b: str) -> bool:
    """Equal but for spacing."""
    return "".join(a.split()) == "".join(b.split())


if __name__ == "__main__":
    sys.exit(main())
