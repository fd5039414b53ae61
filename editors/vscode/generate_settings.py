"""Write the server's settings into package.json: `python editors/vscode/generate_settings.py`.

`slm_lsp/settings.py` says what each setting means; nobody copies that by hand. A test runs this
with --check, and fails when the two have drifted apart.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from slm_lsp import __version__
from slm_lsp.config.specs import Spec, specs_of
from slm_lsp.settings import Settings

BUNDLED = "bundled"
PACKAGE = Path(__file__).with_name("package.json")
JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", tuple: "array"}

# What only the extension has: how it finds, starts and watches the server. A workspace may set
# none of it, for it names programs to run.
EXTENSION = {
    "slm-lsp.path": {
        "type": "string",
        "default": "",
        "scope": "machine",
        "markdownDescription": "The `slm-lsp` program to start. Empty: the extension's own "
        "environment, or else the `slm-lsp` on your `PATH`.",
    },
    "slm-lsp.python": {
        "type": "string",
        "default": "",
        "scope": "machine",
        "markdownDescription": "The Python (3.11 or newer) with which the extension makes its "
        "environment. Empty: the first suitable one on your `PATH`.",
    },
    "slm-lsp.logLevel": {
        "type": "string",
        "enum": ["debug", "info", "warning", "error"],
        "default": "info",
        "scope": "machine",
        "markdownDescription": "How much the server writes into its log.",
    },
    "slm-lsp.trace.server": {
        "type": "string",
        "enum": ["off", "messages", "verbose"],
        "default": "off",
        "scope": "window",
        "markdownDescription": "Write the messages between VS Code and the server into the log. "
        "`verbose` shows your source code there.",
    },
}


def main() -> int:
    package = json.loads(PACKAGE.read_text())
    package["version"] = __version__
    package["contributes"]["configuration"] = configuration()
    package["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] = sorted(
        key for section in configuration() for key in section["properties"]
    )
    wanted = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
    if "--check" in sys.argv:
        return 0 if PACKAGE.read_text() == wanted else 1
    PACKAGE.write_text(wanted)
    return 0


def configuration() -> list[dict[str, Any]]:
    """One category for the extension itself, and one for each section of the settings."""
    own: list[dict[str, Any]] = [{"title": "Extension", "properties": EXTENSION}]
    return own + [
        {
            "title": section.capitalize(),
            "properties": {key: describe(inner) for key, inner in keys(section, spec)},
        }
        for section, spec in specs_of(Settings).items()
    ]


def keys(prefix: str, spec: Spec) -> Iterator[tuple[str, Spec]]:
    """The settings below one section, by their full names."""
    for name, inner in specs_of(spec.kind).items():
        if is_dataclass(inner.kind):
            yield from keys(f"{prefix}.{name}", inner)
        else:
            yield f"slm-lsp.{prefix}.{name}", inner


def describe(spec: Spec) -> dict[str, Any]:
    """One setting as VS Code's settings editor wants it."""
    kind = JSON_TYPES[spec.kind]
    default = list(spec.default) if spec.kind is tuple else spec.default
    if default == BUNDLED:
        # VS Code writes down no value that is the default, and the bundled model is a choice where
        # a repository names another one.
        default = None
    rules: dict[str, Any] = {
        "type": [kind, "null"] if spec.optional or default is None else kind,
        "default": default,
        "scope": "machine" if spec.user_only else "resource",
        "markdownDescription": spec.says,
    }
    limits = {name: spec.rules.get(name) for name in ("minimum", "maximum")}
    pattern = spec.rules.get("pattern")
    if pattern:
        limits["pattern"] = f"^(?:{pattern})$"
    limits = {name: value for name, value in limits.items() if value is not None}
    if kind == "array":
        rules["items"] = {"type": "string", **limits}
    else:
        rules |= limits
    return rules


if __name__ == "__main__":
    sys.exit(main())
