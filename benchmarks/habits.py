"""Count how tokens follow each other in languages, for `slm_lsp/diagnostics/habits.py`.

    python -m benchmarks.habits DIR...

DIR holds a folder per repository; the counts that are shipped are of those that
`results/diagnostics_sources.csv` lists as "false alarms removed" and "rules looked at", without
those that the bundled model is measured on.
"""

import argparse
import random
from collections import Counter
from pathlib import Path

from benchmarks.diagnostics_data import sources
from slm_lsp.diagnostics.habits import EDGE, Word, read_words
from slm_lsp.diagnostics.keywords import KEYWORDS
from slm_lsp.diagnostics.usual import TABLE, save

# Enough for what is common; what is rare is left out below.
TOKENS = 500_000
N_KEPT = 1_200
NEVER = {"expressjs+express", "nlohmann+json"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path)
    options = parser.parse_args()
    counts: dict[str, Counter[tuple[str, str, str]]] = {}
    for language, files in sorted(sources(options.paths, set(KEYWORDS) - {"tsx"}).items()):
        files = [one for one in files if one.repository not in NEVER]
        random.Random(language).shuffle(files)
        count: Counter[tuple[str, str, str]] = Counter()
        for source in files:
            stream: list[Word] = []
            for _ in read_words(source.path.read_text("utf-8"), language, stream):
                pass
            first, second = EDGE, EDGE
            for word in stream:
                count[first.kind, second.kind, word.kind] += 1
                first, second = second, word
            if count.total() > TOKENS:
                break
        counts[language] = Counter(dict(count.most_common(N_KEPT)))
        print(language, count.total(), len(count), flush=True)
    save(counts)
    print(TABLE, TABLE.stat().st_size)


if __name__ == "__main__":
    main()
