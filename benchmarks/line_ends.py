"""Line ends to hide, of repositories that no model of ours has seen."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

from slm_lsp.tune.accuracy import Case, cases_of
from training.clones import find_clones, language_of
from training.filters import reject_path, reject_text
from training.manifest import read_evaluation

CASES_PER_FILE = 3
# Python has five repositories here; every other language has one.
LANGUAGES_OF = {
    "gin-gonic/gin": {"go"},
    "tokio-rs/axum": {"rust"},
    "expressjs/express": {"javascript"},
    "date-fns/date-fns": {"typescript"},
    "google/gson": {"java"},
    "nlohmann/json": {"cpp"},
}


def repository_cases(clones: Path, n_cases: int, seed: int) -> Iterator[Case]:
    """The same cases on every machine: files in order of a hash, a few lines of each."""
    found = find_clones(clones)
    for name in read_evaluation():
        if name not in found:
            print("no clone of", name)
            continue
        clone = found[name]
        paths = [
            path
            for path in clone.sizes()
            if language_of(path) in LANGUAGES_OF.get(name, {"python"}) and not reject_path(path)
        ]
        paths.sort(key=lambda path: hashlib.sha256(f"{seed}:{path}".encode()).digest())
        left = n_cases
        for path, raw in clone.read(paths):
            text = raw.decode("utf-8", "replace").replace("\r\n", "\n")
            if left <= 0:
                break
            if reject_text(text):
                continue
            rng = random.Random(f"{seed}:{name}:{path}")
            language = str(language_of(path))
            for case in cases_of(name, path, language, text, min(left, CASES_PER_FILE), rng):
                left -= 1
                yield case
