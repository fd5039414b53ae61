"""Places in code where the bundled model makes a suggestion of several words.

Which ones those are changes with the model; that there is one among the plainest lines of
Python must not. So tests ask `slm-lsp complete` first, and never expect a certain text.
"""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.editors.harness.installed import server
from tests.editors.harness.user import PATIENT

HEAD = '''\
"""Settings of the program, kept in a JSON file."""

import json


def load_config(path):
    """Read the settings."""
    with open(path) as file:
        return json.load(file)


'''
# The last character of each is left for the test to type: a sign before a letter, as in a word
# editors count what they insert from the word's beginning.
CANDIDATES = (
    "def main(path):\n    config = load_config(path)\n    for key, value in ",
    "def save_config(path, config):\n    with open(path, ",
    "class Config:\n    def __init__(self, path, values):\n        self.path = ",
    "class Config:\n    def __init__(self, path, values):\n        self.",
    "def main(path):\n    with open(path) as ",
    "for key, value in load_config('a.json').items():\n    print(",
    "for index in range(",
    "def is_empty(config):\n    return ",
    "if __name__ == ",
    "def save_config(path, config):\n    with open",
    "def load_or_default(path, default):\n    try:\n        return load_",
    "def main():\n    config = load_",
)
# What somebody may type in their first minute. A line needs none of what editors add by themselves:
# they close brackets and indent.
ORDINARY = (
    "import argparse",
    "import json",
    "from dataclasses import dataclass",
    "from pathlib import Path",
    "",
    "def load_settings(path):",
    "with open(path) as file:",
    "settings = json.load(file)",
    "return settings",
)
TEXTS = tuple(HEAD + candidate for candidate in CANDIDATES)
SEVERAL_WORDS = re.compile(r"\w\W+\w")


@dataclass(frozen=True)
class Place:
    """A file whose text ends at the cursor; typing `key` at the end asks for a suggestion."""

    text: str
    key: str

    @property
    def line(self) -> str:
        """The cursor's line, after the key."""
        return (self.text + self.key).rsplit("\n", 1)[-1]


def type_until_shown(type_key: Callable[[str], None], shown: Callable[[], str]) -> str:
    """Type ordinary lines, as slowly as the answers come, until a suggestion is on the screen."""
    typed = ""
    for key in "\n".join(ORDINARY):
        type_key(key)
        typed += key
        # Longer than the server waits for a pause, and shorter than anybody would.
        for _ in range(10):
            if suggestion := shown():
                return suggestion
            time.sleep(0.03)
    raise AssertionError(f"nothing was suggested while this was typed:\n{typed}")


def first_place(folder: Path, texts: Sequence[str] = TEXTS) -> Place:
    """The first text behind which the suggestion has two words or more, on one line."""
    seen: list[str] = []
    file, config = folder / "settings.py", folder / "config.toml"
    config.write_text(PATIENT)
    for text in texts:
        file.write_text(text + "\n")
        row, column = text.count("\n") + 1, len(text.rsplit("\n", 1)[-1]) + 1
        found = subprocess.run(
            [*server(), "complete", f"{file}:{row}:{column}", "--json"],
            cwd=folder,
            env={**os.environ, "SLM_LSP_CONFIG": str(config)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        suggestion = json.loads(found.stdout)["suggestion"] if found.stdout else found.stderr
        if found.returncode == 0 and suggestion and SEVERAL_WORDS.search(suggestion):
            return Place(text[:-1], text[-1])
        seen.append(f"{text.splitlines()[-1]!r} → {suggestion!r}")
    raise AssertionError("the model is silent at the plainest places:\n" + "\n".join(seen))
