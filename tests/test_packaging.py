"""What users get: the wheel, looked into."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import slm_lsp
from slm_lsp.models.manifest import bundled_model

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built without a network: the build backend is one of the test requirements."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-P", "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_three_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    info = f"slm_lsp-{slm_lsp.__version__}.dist-info"
    assert tops == {"slm_lsp", "slm_context", "slm_prompts", info}


def test_everything_of_the_sources_is_in_it(wheel: zipfile.ZipFile) -> None:
    """Data files too: queries, templates, manifests, `py.typed`."""
    inside = set(wheel.namelist())
    listed = subprocess.run(
        ["git", "ls-files", "slm_lsp", "context/slm_context", "prompts/slm_prompts"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    expected = {
        re.sub(r"^(context|prompts)/", "", name)
        for name in listed.stdout.splitlines()
        if (ROOT / name).exists()
    }
    assert expected - inside == set()
    assert {
        f"{package}/py.typed" for package in ("slm_lsp", "slm_context", "slm_prompts")
    } <= inside


def test_the_bundled_model_is_in_it(wheel: zipfile.ZipFile) -> None:
    model = bundled_model()
    inside = wheel.getinfo(f"slm_lsp/models/bundled/{model.path.name}")
    assert inside.file_size == model.size


def test_no_caches_and_no_leftovers(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert [n for n in names if "__pycache__" in n or n.endswith((".pyc", ".orig", "~"))] == []


def test_the_command_and_the_licence(wheel: zipfile.ZipFile) -> None:
    info = f"slm_lsp-{slm_lsp.__version__}.dist-info"
    assert "slm-lsp = slm_lsp.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()
    metadata = wheel.read(f"{info}/METADATA").decode()
    assert "License-Expression: MIT" in metadata
    assert f"{info}/licenses/LICENSE" in wheel.namelist()


def test_the_version_is_the_newest_changelog_entry() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)
    assert newest is not None
    assert newest.group(1) == slm_lsp.__version__
