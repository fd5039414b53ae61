"""What goes into nvim-lspconfig and Mason's registry: it loads, and has the documented form."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from slm_lsp import __version__
from tests.editors.harness.evidence import Evidence
from tests.editors.harness.installed import ROOT, editor, needs, server
from tests.editors.harness.places import Place
from tests.editors.harness.waiting import until

needs("pynvim")
from tests.editors.harness.neovim import Neovim  # noqa: E402 - pynvim may be missing

CONFIG = ROOT / "editors" / "neovim" / "lsp" / "slm_lsp.lua"
PACKAGE = ROOT / "editors" / "neovim" / "registries" / "package.yaml"

# The fields of a package that Mason documents, as far as a package from PyPI has them.
STRINGS = {"type": "array", "minItems": 1, "items": {"type": "string"}, "uniqueItems": True}
FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "name",
        "description",
        "homepage",
        "licenses",
        "languages",
        "categories",
        "source",
    ],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]*$"},
        "description": {"type": "string", "minLength": 1},
        "homepage": {"type": "string", "pattern": "^https?://"},
        "licenses": STRINGS,
        "languages": STRINGS,
        "categories": {
            **STRINGS,
            "items": {"enum": ["Compiler", "DAP", "Formatter", "LSP", "Linter", "Runtime"]},
        },
        "source": {
            "type": "object",
            "additionalProperties": False,
            "required": ["id"],
            "properties": {"id": {"type": "string", "pattern": r"^pkg:pypi/[\w.-]+@[\w.]+$"}},
        },
        "bin": {"type": "object", "additionalProperties": {"pattern": "^pypi:.+$"}},
        "neovim": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"lspconfig": {"type": "string"}},
        },
    },
}


@pytest.fixture
def plain(home: Path, evidence: Evidence) -> Iterator[Neovim]:
    """Neovim 0.12 with nvim-lspconfig's file and the two lines, and without our plugin."""
    binary = editor("nvim")
    runtime = home / "lspconfig" / "lsp"
    runtime.mkdir(parents=True)
    (runtime / "slm_lsp.lua").write_text(CONFIG.read_text())
    command = [*server(), "serve", "--log-level", "debug", "--log-file", str(evidence.server_log)]
    # The command is on nobody's PATH here.
    settings = f"{{ cmd = vim.json.decode({json.dumps(json.dumps(command))}) }}"
    (home / "init.lua").write_text(
        "vim.o.swapfile = false\n"
        f"vim.opt.runtimepath:append({json.dumps(str(runtime.parent))})\n"
        f"vim.lsp.config('slm_lsp', {settings})\n"
        "vim.lsp.enable('slm_lsp')\n"
        "vim.lsp.inline_completion.enable()\n"
    )
    neovim = Neovim.with_init(binary, home / "init.lua", evidence.server_log)
    evidence.on_failure(neovim.dump)
    yield neovim
    neovim.close()


def test_the_lspconfig_file_alone_shows_ghost_text(
    plain: Neovim, workspace: Path, place: Place, evidence: Evidence
) -> None:
    file = workspace / "settings.py"
    file.write_text(place.text + "\n")
    plain.api.command(f"edit {file}")
    attached = "return vim.tbl_map(function(c) return c.name end, vim.lsp.get_clients())"
    until("the server is attached", lambda: plain.lua(attached) == ["slm_lsp"])
    until("it is ready", lambda: "is ready after" in evidence.server_log.read_text())
    plain.type("GA" + place.key)
    assert plain.wait_for_ghost()


def test_the_lspconfig_file_names_real_filetypes(plain: Neovim) -> None:
    config = plain.lua("return vim.lsp.config.slm_lsp")
    known = set(plain.lua("return vim.fn.getcompletion('', 'filetype')"))
    assert [kind for kind in config["filetypes"] if kind not in known] == []
    assert ".git" in config["root_markers"]
    assert CONFIG.read_text().startswith("---@brief\n")
    assert "---@type vim.lsp.Config\nreturn {" in CONFIG.read_text()


def test_the_mason_entry_is_of_the_documented_form() -> None:
    package: dict[str, Any] = yaml.safe_load(PACKAGE.read_text())
    jsonschema.validate(package, FORM)
    assert package["source"]["id"] == f"pkg:pypi/slm-lsp@{__version__}"
    assert package["neovim"]["lspconfig"] == CONFIG.stem
    scripts = re.findall(
        r'^scripts\.([\w-]+) = |^([\w-]+) = "slm_lsp', (ROOT / "pyproject.toml").read_text(), re.M
    )
    assert set(package["bin"]) == {name for found in scripts for name in found if name}
