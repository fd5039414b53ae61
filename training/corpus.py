"""From clones to a corpus: one JSON line for each file that stays.

    python -m training.corpus CLONES OUT [--only python] [--manifest FILE]

Reads only local clones. Writes OUT/corpus.jsonl, and OUT/card.toml, which says what went in, what
was left out and why.
"""

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from training.clones import Clone, find_clones, language_of
from training.duplicates import Duplicates
from training.filters import reject_path, reject_text, strip_licence_header
from training.manifest import HERE, Source, read_manifest, read_reserved
from training.overlap import Forbidden, Tokens, windows
from training.scrub import scrub

# No repository may dominate: what it writes in its own way would be taken for the language.
REPOSITORY_BYTES = 5_000_000
# Bytes of a language for each byte of Python. The users asked for Python first.
SHARE = {
    "python": 1.0,
    "typescript": 0.14,
    "javascript": 0.08,
    "go": 0.12,
    "rust": 0.12,
    "java": 0.1,
    "c": 0.05,
    "cpp": 0.05,
}


def clean(raw: bytes) -> tuple[str | None, str]:
    """A file's text as it will be learnt, or None and the reason."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None, "not UTF-8"
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if reason := reject_text(text):
        return None, reason
    scrubbed = scrub(strip_licence_header(text))
    if scrubbed is None:
        return None, "private key"
    return (scrubbed, "kept") if len(scrubbed) >= 200 else (None, "size")


def forbidden_texts(clones: dict[str, Clone]) -> Iterator[str]:
    """Everything in the evaluation and reserved repositories that is code in our languages."""
    for name in sorted(read_reserved() & clones.keys()):
        clone = clones[name]
        paths = [path for path in clone.sizes() if language_of(path)]
        for _, raw in clone.read(paths):
            text = raw.decode("utf-8", "replace")
            # The licence notice on top is the same in every second repository.
            yield strip_licence_header(text.replace("\r\n", "\n"))


def candidates(source: Source, clone: Clone, only: set[str]) -> Iterator[tuple[str, str, bytes]]:
    """The repository's files in an order that does not depend on folders, within its share."""
    sizes = clone.sizes(source.commit)
    paths = [
        path
        for path, size in sizes.items()
        if language_of(path) in only and size < 300_000 and not reject_path(path)
    ]
    paths.sort()
    for path, raw in clone.read(paths, source.commit):
        yield path, str(language_of(path)), raw


def build(sources: tuple[Source, ...], clones: dict[str, Clone], out: Path, only: set[str]) -> None:
    missing = sorted(read_reserved() - clones.keys())
    if missing:
        print("not excluded by content, no clone here:", ", ".join(missing))
    started = time.monotonic()
    forbidden = Forbidden(forbidden_texts(clones))
    print(f"{len(forbidden.hashes):,} forbidden runs, {time.monotonic() - started:.0f} s")
    tokens, duplicates = Tokens(), Duplicates()
    fate, kept_bytes, kept_files = Counter[str](), Counter[str](), Counter[str]()
    rows: list[str] = []
    with (out / "corpus.jsonl.part").open("w", encoding="utf-8") as lines:
        for source in sources:
            if source.name not in clones:
                print("no clone of", source.name)
                continue
            here = Counter[str]()
            for path, language, raw in candidates(source, clones[source.name], only):
                budget = SHARE[language] * kept_bytes["python"] if language != "python" else 1e18
                if here.total() > REPOSITORY_BYTES or kept_bytes[language] > max(budget, 1e6):
                    fate["over its share"] += 1
                    continue
                text, verdict = clean(raw)
                if text is not None:
                    ids = tokens(text)
                    if forbidden.meets(windows(ids)):
                        text, verdict = None, "shares a run with evaluation"
                    elif duplicates.is_copy(f"{source.name}:{path}", text, ids):
                        text, verdict = None, "copy"
                fate[verdict] += 1
                if text is None:
                    continue
                row = {"repo": source.name, "path": path, "language": language, "text": text}
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
                here[language] += len(text)
                kept_bytes[language] += len(text)
                kept_files[language] += 1
            rows.append(repository_card(source, here))
            print(f"{time.monotonic() - started:6.0f} s  {source.name:40} {dict(here)}", flush=True)
    os.replace(out / "corpus.jsonl.part", out / "corpus.jsonl")
    (out / "card.toml").write_text(card(fate, kept_bytes, kept_files, rows), encoding="utf-8")
    print(card(fate, kept_bytes, kept_files, []))


def repository_card(source: Source, kept: Counter[str]) -> str:
    counts = ", ".join(f"{language} = {n}" for language, n in kept.most_common())
    return (
        f'\n[[repository]]\nurl = "{source.url}"\ncommit = "{source.commit}"\n'
        f'licence = "{source.licence}"\ncharacters = {{ {counts} }}\n'
    )


def card(fate: Counter[str], n_bytes: Counter[str], files: Counter[str], rows: list[str]) -> str:
    """What went in and what did not, as TOML."""
    lines = ["[files]", *(f'"{reason}" = {count}' for reason, count in fate.most_common())]
    lines += ["", "[kept_characters]", *(f"{lang} = {n}" for lang, n in n_bytes.most_common())]
    lines += ["", "[kept_files]", *(f"{lang} = {n}" for lang, n in files.most_common())]
    return "\n".join(lines) + "\n" + "".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clones", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", action="append", choices=sorted(SHARE), default=None)
    parser.add_argument("--manifest", type=Path, default=HERE / "manifest.toml")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    build(
        read_manifest(arguments.manifest),
        find_clones(arguments.clones),
        arguments.out,
        set(arguments.only or SHARE),
    )


if __name__ == "__main__":
    main()
