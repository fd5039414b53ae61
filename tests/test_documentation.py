"""What the pages point to exists, and what they promise is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
SECTION = re.compile(r"\[[^\]]*\]\(([^)#\s]*)#([^)\s]+)\)")
SKIPPED = {".venv", "node_modules", ".editors", ".git", ".pytest_cache"}


def pages() -> list[Path]:
    return [
        page
        for page in sorted(ROOT.rglob("*.md"))
        if not SKIPPED & set(page.relative_to(ROOT).parts)
    ]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [t for t in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in t]
    assert [t for t in targets if not (page.parent / t).exists()] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_into_a_page_find_its_section(page: Path) -> None:
    links = [one for one in SECTION.findall(page.read_text("utf-8")) if "://" not in one[0]]
    assert [one for one in links if one[1] not in sections(page.parent / one[0], page)] == []


def sections(target: Path, page: Path) -> set[str]:
    """The names by which a forge links to the headings of a page, or of the one in a folder."""
    if target == page.parent:  # a link into the page itself names no other
        target = page
    text = (target / "README.md" if target.is_dir() else target).read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", one).strip().lower().replace(" ", "-") for one in headings}


COMMAND = re.compile(r"python -m ((?:benchmarks|tests|training)[\w.]*)([^`\n|]*)")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_there_with_their_options(page: Path) -> None:
    for module, arguments in COMMAND.findall(page.read_text("utf-8")):
        path = ROOT / module.strip(".").replace(".", "/")
        # A folder by itself is what a table's heading names, its rows being the modules.
        if path.is_dir() and module.endswith("."):
            continue
        source = path.with_suffix(".py").read_text("utf-8")
        assert [one for one in re.findall(r"--[\w-]+", arguments) if one not in source] == []


ROOMS = {
    "slm_lsp": ROOT / "README.md",
    **{
        room: ROOT / room / "README.md"
        for room in ("context/slm_context", "benchmarks", "training", "tests/fuzz")
    },
    **{
        str(page.parent.relative_to(ROOT)): page
        for page in sorted((ROOT / "slm_lsp").glob("*/README.md"))
    },
}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_names_its_files(room: str) -> None:
    """`types` holds a room's values everywhere, and needs no line."""
    page = ROOMS[room].read_text(encoding="utf-8")
    modules = {path.stem for path in (ROOT / room).glob("*.py")} - {"__init__", "types"}
    named = set(re.findall(r"[`.](\w+)\b|\b(\w+)\.py\b", page))
    known = {word for words in named for word in words}
    assert sorted(one for one in modules - known if not one.startswith("test_")) == []


def test_neovim_finds_every_tag_of_the_help() -> None:
    """Who adds a folder to the runtime path by hand has no plugin manager that makes tags."""
    folder = ROOT / "editors" / "neovim" / "doc"
    said = re.findall(
        r"(?:^|[ \t])\*([^*\s|]+)\*(?=\s|$)", (folder / "slm_lsp.txt").read_text(), re.M
    )
    tags = [line.split("\t") for line in (folder / "tags").read_text().splitlines()]
    assert tags == [[tag, "slm_lsp.txt", f"/*{tag}*"] for tag in sorted(set(said))]


def test_the_readme_names_every_command() -> None:
    listed = subprocess.run(
        [sys.executable, "-P", "-m", "slm_lsp.cli", "--help"], capture_output=True, text=True
    ).stdout
    commands = re.findall(r"^    (\w+) ", listed, re.MULTILINE)
    assert len(commands) >= 3
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [c for c in commands if f"| `{c}" not in readme] == []


def test_the_protocol_page_names_every_command() -> None:
    from slm_lsp.handlers.commands import COMMANDS

    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`{name}`" not in page] == []


KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def test_each_change_is_told_once_and_under_its_kind() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased = text.partition("## [Unreleased]")[2].partition("\n## [")[0]
    before, *parts = re.split(r"^### (.+)$", unreleased, flags=re.M)
    assert "- " not in before, "a change stands under ### Added, Changed, Fixed or Security"
    assert set(parts[::2]) <= set(KINDS) and len(set(parts[::2])) == len(parts[::2])
    told = re.split(r"^- ", "\n".join(parts[1::2]), flags=re.M)[1:]
    assert sorted({one.strip() for one in told}) == sorted(one.strip() for one in told)
