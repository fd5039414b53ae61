"""Whether a finished corpus shares a run of 30 tokens with what must not be learnt from.

    python -m training.contamination CORPUS.jsonl CLONES

Looks at the corpus as it lies there, not at how it was made. Exit status 1 when anything is found.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from training.clones import find_clones
from training.corpus import forbidden_texts
from training.manifest import read_reserved
from training.overlap import Forbidden, Tokens, windows


def contaminated(corpus: Path, forbidden: Forbidden) -> Iterator[str]:
    """The files of the corpus, as "owner/name:path", that hold a forbidden run."""
    tokens = Tokens()
    with corpus.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if forbidden.meets(windows(tokens(row["text"]))):
                yield f"{row['repo']}:{row['path']}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("clones", type=Path)
    arguments = parser.parse_args()
    clones = find_clones(arguments.clones)
    missing = sorted(read_reserved() - clones.keys())
    forbidden = Forbidden(forbidden_texts(clones))
    found = list(contaminated(arguments.corpus, forbidden))
    for name in found:
        print(name)
    print(f"{len(found)} files share a run with {len(read_reserved()) - len(missing)} repositories")
    print(
        f"{len(forbidden.hashes):,} runs looked for; no clone here of: {', '.join(missing) or '-'}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
