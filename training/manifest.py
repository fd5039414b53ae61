"""The list of repositories that the model learns from: read, and made from a folder of clones.

python -m training.manifest CLONES > training/manifest.toml
"""

import argparse
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.clones import Clone, find_clones, language_of
from training.licences import licence_of

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Source:
    """One repository of the manifest."""

    url: str
    commit: str
    licence: str
    languages: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.url.removeprefix("https://github.com/")


def read_manifest(path: Path = HERE / "manifest.toml") -> tuple[Source, ...]:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Source(row["url"], row["commit"], row["licence"], tuple(row["languages"]))
        for row in table["source"]
    )


def read_reserved(path: Path = HERE / "reserved.toml") -> frozenset[str]:
    """All repositories of the file, whatever they are kept for."""
    table: dict[str, list[str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return frozenset().union(*table.values())


def read_evaluation(path: Path = HERE / "reserved.toml") -> tuple[str, ...]:
    """The repositories that accuracy is measured on, in the order of the file."""
    return tuple(tomllib.loads(path.read_text(encoding="utf-8"))["evaluation"])


def survey(clones: dict[str, Clone]) -> Iterator[str]:
    """The manifest's text: Python first, then by size; what is left out is named as a comment."""
    reserved = read_reserved()
    rows: list[tuple[int, str]] = []
    for name, clone in clones.items():
        if name in reserved:
            continue
        commit = clone.commit()
        licence = licence_of(clone, commit)
        if licence is None:
            yield f"# left out, no permissive licence found: {name}\n"
            continue
        size = Counter[str]()
        for path, n_bytes in clone.sizes(commit).items():
            if language := language_of(path):
                size[language] += n_bytes
        # A language counts when it is more than a stray file.
        languages = [lang for lang, n_bytes in size.most_common() if n_bytes > 50_000]
        if languages:
            rows.append((size.total(), block(name, commit, licence, languages)))
    rows.sort(key=lambda row: ('["python"' not in row[1], row[0], row[1]))
    yield from (text for _, text in rows)


def block(name: str, commit: str, licence: str, languages: list[str]) -> str:
    listed = ", ".join(f'"{language}"' for language in languages)
    return (
        f'\n[[source]]\nurl = "https://github.com/{name}"\ncommit = "{commit}"\n'
        f'licence = "{licence}"\nlanguages = [{listed}]\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clones", type=Path)
    sys.stdout.writelines(survey(find_clones(parser.parse_args().clones)))


if __name__ == "__main__":
    main()
