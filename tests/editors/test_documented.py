"""Every setting and command in the docs exists, and every one that exists is in the docs.

That each works is shown where it is used: here for settings, against the real server; for
commands in test_vscode_commands.py and test_neovim_commands.py, whose tables must be complete.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.editors.harness.installed import ROOT
from tests.support.editor import Editor

VSCODE = ROOT / "editors" / "vscode"
PACKAGE = json.loads((VSCODE / "package.json").read_text())
HELP = (ROOT / "editors" / "neovim" / "doc" / "slm_lsp.txt").read_text()
SCHEMA = json.loads((ROOT / "docs" / "slm-lsp.schema.json").read_text())
EXTENSION_ONLY = {"path", "python", "logLevel", "trace.server"}
PAGES = [
    page
    for page in sorted([*ROOT.glob("*.md"), *ROOT.rglob("docs/*.md"), *ROOT.rglob("editors/**/*")])
    if page.suffix in (".md", ".txt") and not {"node_modules", "server"} & set(page.parts)
]


def leaves(schema: dict[str, Any], prefix: str = "") -> dict[str, dict[str, Any]]:
    """The schema's settings by their dotted names."""
    found: dict[str, dict[str, Any]] = {}
    for name, inner in schema["properties"].items():
        if "properties" in inner:
            found |= leaves(inner, f"{prefix}{name}.")
        else:
            found[prefix + name] = inner
    return found


SERVER_SETTINGS = leaves(SCHEMA)


def extension_settings() -> dict[str, dict[str, Any]]:
    sections = PACKAGE["contributes"]["configuration"]
    return {
        name.removeprefix("slm-lsp."): rules
        for section in sections
        for name, rules in section["properties"].items()
    }


def test_the_package_is_the_generated_one() -> None:
    generate = [sys.executable, str(VSCODE / "generate_settings.py"), "--check"]
    done = subprocess.run(generate, check=False, cwd=ROOT)
    assert done.returncode == 0, "run editors/vscode/generate_settings.py"


def test_the_extension_has_every_setting_of_the_server() -> None:
    assert set(extension_settings()) - EXTENSION_ONLY == set(SERVER_SETTINGS)


def test_the_reference_has_every_setting() -> None:
    section, documented = "", set[str]()
    for line in (ROOT / "docs" / "settings.md").read_text().splitlines():
        if heading := re.match(r"## `\[(.+)\]`", line):
            section = heading[1]
        elif row := re.match(r"\| `(\w+)` \|", line):
            documented.add(f"{section}.{row[1]}")
    assert documented == set(SERVER_SETTINGS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_settings_that_a_page_names_exist(page: Path) -> None:
    sections = "|".join(SCHEMA["properties"])
    named = re.findall(rf"`(?:slm-lsp\.)?((?:{sections})\.[a-z_.]+)", page.read_text())
    files = {name for name in named if name.endswith((".py", ".md"))}
    assert set(named) - files - set(SERVER_SETTINGS) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_settings_of_the_extension_that_a_page_names_exist(page: Path) -> None:
    named = set(re.findall(r"`slm-lsp\.([a-zA-Z_.]+)`", page.read_text()))
    assert named - set(extension_settings()) - {"toml"} == set()


async def test_the_server_knows_every_setting_by_its_default() -> None:
    """As the settings editor writes it when somebody chooses the default."""
    options: dict[str, Any] = {}
    for name, rules in extension_settings().items():
        if name not in EXTENSION_ONLY and rules["default"] is not None:
            put(options, name, rules["default"])
    options["completion"]["enabled"] = False
    async with Editor.start() as editor:
        await editor.initialize(options={"slm-lsp": options})
        assert (await editor.status())["complaints"] == []


async def test_the_server_says_which_setting_is_wrong() -> None:
    options: dict[str, Any] = {}
    for name in SERVER_SETTINGS:
        put(options, name, {"no": "setting is a table"})
    async with Editor.start() as editor:
        await editor.initialize(options={"slm-lsp": options})
        complaints = (await editor.status())["complaints"]
    silent = [name for name in SERVER_SETTINGS if not any(name in text for text in complaints)]
    assert silent == []


def put(tree: dict[str, Any], name: str, value: Any) -> None:
    *path, last = name.split(".")
    for key in path:
        tree = tree.setdefault(key, {})
    tree[last] = value


def test_the_manual_of_neovim_has_every_command_and_no_other() -> None:
    lua = (ROOT / "editors/neovim/lua/slm_lsp/init.lua").read_text()
    table = lua.partition("M.commands = {")[2].partition("\n}\n")[0]
    commands = set(re.findall(r"^  (\w+) = function", table, re.MULTILINE))
    assert commands and set(re.findall(r":SlmLsp (\w+) ", HELP)) == commands


def test_the_manual_of_neovim_has_every_key_and_option_and_no_other() -> None:
    lua = (ROOT / "editors/neovim/lua/slm_lsp/init.lua").read_text()
    defaults = lua.partition("local defaults = {")[2].partition("\n}\n")[0]
    keys = dict(re.findall(r"^    (\w+) = '(.+?)'", defaults, re.MULTILINE))
    documented = HELP.partition("*slm_lsp-keys*\n")[2].partition("=====")[0]
    assert sorted(re.findall(r"^    (<\S+>)", documented, re.MULTILINE)) == sorted(keys.values())
    names = re.search(r"Names: ([\w\s,]+)\.", HELP)
    assert names and set(re.split(r"[,\s]+", names[1])) == set(keys)
    options = set(re.findall(r"^  (\w+) = ", defaults, re.MULTILINE))
    setup = HELP.partition("*slm_lsp-setup*\n")[2].partition("=====")[0]
    assert set(re.findall(r"^<?    (\w+)  +[A-Z`]", setup, re.MULTILINE)) == options


def test_the_extension_declares_the_commands_that_it_registers() -> None:
    source = (VSCODE / "src" / "extension.ts").read_text()
    registered = set(re.findall(r"'(slm-lsp\.\w+)': ", source))
    declared = {one["command"] for one in PACKAGE["contributes"]["commands"]}
    assert registered == declared
    said = {
        command
        for page in [VSCODE / "package.json", *(VSCODE / "walkthrough").iterdir()]
        for command in re.findall(r"(?:command|onCommand):(slm-lsp\.\w+)", page.read_text())
    }
    assert said <= declared


def test_every_menu_entry_runs_a_command_that_exists() -> None:
    source = (VSCODE / "src" / "menu.ts").read_text()
    declared = {one["command"] for one in PACKAGE["contributes"]["commands"]}
    assert set(re.findall(r"'(slm-lsp\.\w+)'", source)) <= declared
