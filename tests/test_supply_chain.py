"""What is installed is what was looked at: pinned by hash, listed, and no more than is used."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = "run scripts/lock"
# Builds differ by accelerator and come from several places: left to the machine, see scripts/lock.
BY_MACHINE = {"torch"}


def pins(name: str) -> dict[str, set[str]]:
    """The versions in a file of requirements, by project; each line is exact and has hashes."""
    found: dict[str, set[str]] = {}
    text = (ROOT / "requirements" / name).read_text().replace("\\\n", " ")
    for line in text.splitlines():
        requirement, *hashes = re.split(r"\s+--hash=", line.strip())
        pin = Requirement(requirement)
        (specifier,) = pin.specifier
        assert specifier.operator == "==" and pin.url is None, line
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), line
        found.setdefault(canonicalize_name(pin.name), set()).add(specifier.version)
    return found


def wanted(*extras: str) -> list[Requirement]:
    """What pyproject.toml asks for, with extras that name other extras followed."""
    found = [Requirement(one) for one in PROJECT["dependencies"]]
    pending = list(extras)
    while pending:
        for one in map(Requirement, PROJECT["optional-dependencies"][pending.pop()]):
            if one.name == PROJECT["name"]:
                pending += one.extras
            else:
                found.append(one)
    return found


@pytest.mark.parametrize(("file", "extras"), [("serve.txt", ()), ("test.txt", ("test",))])
def test_everything_asked_for_is_pinned_with_hashes(file: str, extras: tuple[str, ...]) -> None:
    pinned = pins(file)
    for one in wanted(*extras):
        name = canonicalize_name(one.name)
        if name in BY_MACHINE:
            assert name not in pinned
            continue
        assert name in pinned, f"{one}: {LOCK}"
        assert any(one.specifier.contains(version) for version in pinned[name]), f"{one}: {LOCK}"


def test_what_users_get_is_what_the_tests_ran_with() -> None:
    tested = pins("test.txt")
    for name, versions in pins("serve.txt").items():
        assert versions == tested[name], f"{name}: {LOCK}"


def test_the_bill_of_materials_lists_what_users_get() -> None:
    bill = json.loads((ROOT / "requirements" / "sbom.json").read_text())
    assert bill["bomFormat"] == "CycloneDX" and bill["specVersion"] == "1.6"
    assert bill["metadata"]["component"]["name"] == PROJECT["name"]
    listed = {(one["name"], one["version"]) for one in bill["components"]}
    pinned = {(name, v) for name, versions in pins("serve.txt").items() for v in versions}
    assert {(canonicalize_name(name), version) for name, version in listed} == pinned, LOCK
    for one in bill["components"]:
        assert one["purl"].endswith(f"@{one['version']}")


def test_nothing_is_installed_that_is_not_used() -> None:
    """Each runtime dependency is imported by what is installed with it."""
    sources = "\n".join(
        path.read_text()
        for room in ("slm_lsp", "context/slm_context", "prompts/slm_prompts")
        for path in (ROOT / room).rglob("*.py")
    )
    modules = {"llama-cpp-python": "llama_cpp"}
    for one in map(Requirement, PROJECT["dependencies"]):
        module = modules.get(one.name, one.name.replace("-", "_"))
        assert re.search(rf"\b{module}\b", sources), f"{one.name} is used nowhere"
