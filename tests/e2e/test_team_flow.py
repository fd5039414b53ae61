"""docs/teams.md, command by command: a pin, a clone, one command, and no network from then on."""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from slm_lsp.models import bundled_model
from tests.support.hub_server import Hub, running_hub

DOCS = Path(__file__).parents[2] / "docs" / "teams.md"
KEY = "owner/repo/model.gguf"
SLM_LSP = (sys.executable, "-P", "-m", "slm_lsp.cli")
FILE = "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return \n"


def commands(heading: str) -> list[str]:
    """What the page tells people to type below one of its headings."""
    section = DOCS.read_text().partition(f"## {heading}")[2].partition("\n## ")[0]
    return re.findall(r"^\$ (.*)$", section, re.M)


class Person:
    """Somebody with a machine of their own."""

    def __init__(self, home: Path, hub_url: str) -> None:
        home.mkdir()
        self.here = home
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("HF_", "SLM_LSP_"))},
            "HOME": str(home),
            "SLM_LSP_HOME": str(home / "data"),
            "SLM_LSP_CONFIG": str(home / "config.toml"),
            "HF_ENDPOINT": hub_url,
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.org",
        }

    def does(self, line: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        words = shlex.split(line)
        if words[0] == "cd":
            self.here /= words[1]
            return subprocess.CompletedProcess(words, 0, "", "")
        program = SLM_LSP if words[0] == "slm-lsp" else (words[0],)
        return subprocess.run(
            [*before, *program, *words[1:]],
            cwd=self.here,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def follows(self, lines: list[str]) -> None:
        for line in lines:
            done = self.does(line)
            assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub with a model that is not the bundled one: the same weights by another name."""
    with running_hub() as hub:
        ours = bundled_model()
        content = ours.path.read_bytes().replace(b"slm-lsp-mini", b"slm-lsp-team")
        assert hashlib.sha256(content).hexdigest() != ours.sha256
        hub.files[KEY] = content
        yield hub


def test_a_team_does_what_the_page_says(hub: Hub, tmp_path: Path) -> None:
    lead, colleague = (Person(tmp_path / name, hub.hub_url) for name in ("lead", "colleague"))
    lead.follows(["git init -q project", "cd project"])
    (lead.here / "app.py").write_text(FILE)
    lead.follows(["git add app.py", *commands("Pin it, once")])
    pinned = hashlib.sha256(hub.files[KEY]).hexdigest()
    assert f'sha256 = "{pinned}"' in (lead.here / "slm-lsp.toml").read_text()

    clone, enter, pull = commands("Get it, everybody")
    colleague.follows([clone.replace("URL", str(lead.here)), enter])
    missing = colleague.does("slm-lsp complete app.py:6:12")
    assert missing.returncode == 1 and "run `slm-lsp models pull`" in missing.stderr
    assert colleague.does("slm-lsp models verify").returncode == 1
    colleague.follows([pull, *commands("Hold it, in CI")])

    hub.files.clear()
    done = colleague.does("slm-lsp complete app.py:6:12 --json", before=without_a_network())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"].startswith("slm-lsp-team")


def test_one_byte_that_differs_is_noticed(hub: Hub, tmp_path: Path) -> None:
    person = Person(tmp_path / "person", hub.hub_url)
    person.follows(["git init -q project", "cd project", commands("Pin it, once")[0]])
    (person.here / "app.py").write_text(FILE)
    (blob,) = (p for p in (person.here.parent / "data").rglob("*") if p.stat().st_size > 10**6)
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.chmod(0o600)
    blob.write_bytes(content)
    checked = person.does("slm-lsp models verify")
    assert checked.returncode == 1
    refused = person.does("slm-lsp complete app.py:6:12")
    assert refused.returncode == 1
    assert "was changed on the disk" in refused.stderr and refused.stderr.count("\n") == 1


def without_a_network() -> tuple[str, ...]:
    """What to put before a command so that not even the loopback answers, where that is allowed."""
    for before in (("unshare", "--net"), ("unshare", "--map-root-user", "--net")):
        try:
            if subprocess.run([*before, "true"], capture_output=True).returncode == 0:
                return before
        except FileNotFoundError:
            break
    return ()


def test_a_pin_of_the_bundled_model_needs_no_pull(tmp_path: Path) -> None:
    """Also under another name: it is the content that counts."""
    person = Person(tmp_path / "person", "http://127.0.0.1:9")
    person.follows(["git init -q project", "cd project"])
    pin = f'[model]\nname = "ours"\nsha256 = "{bundled_model().sha256}"\n'
    (person.here / "slm-lsp.toml").write_text(pin)
    pulled = person.does("slm-lsp models pull")
    assert pulled.returncode == 0 and "nothing to pull" in pulled.stdout
