"""Whether a finished corpus shares a run of 30 tokens with what must not be learnt from.

    python -m training.contamination CORPUS.jsonl CLONES [--clean OUT.jsonl]

Looks at the corpus as it lies there, not at how it was made. Exit status 1 when anything is found.
`--clean` writes the corpus without what was found: a repository that is reserved later costs no new
corpus.
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


def write_clean(corpus: Path, found: set[str], out: Path) -> None:
    """Copy `corpus` to `out` without the files that `found` names."""
    part = out.with_name(out.name + ".part")
    with corpus.open(encoding="utf-8") as lines, part.open("w", encoding="utf-8") as kept:
        for line in lines:
            row = json.loads(line)
            if f"{row['repo']}:{row['path']}" not in found:
                kept.write(line)
    part.replace(out)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("clones", type=Path)
    parser.add_argument("--clean", type=Path, help="write the corpus without them here")
    arguments = parser.parse_args(argv)
    if arguments.clean and arguments.clean.resolve() == arguments.corpus.resolve():
        parser.error("--clean names the corpus itself; name another file")
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
    if arguments.clean:
        write_clean(arguments.corpus, set(found), arguments.clean)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
