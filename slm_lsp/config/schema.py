"""The JSON schema of `slm-lsp.toml` and of the editor's settings, made from the dataclasses."""

import json
from collections.abc import Mapping
from typing import Any

from slm_lsp.config.specs import Spec, specs_of
from slm_lsp.settings import Settings

TYPE_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def json_schema() -> dict[str, Any]:
    """What a valid settings file looks like."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "slm-lsp settings",
        "description": "slm-lsp.toml, [tool.slm-lsp] in pyproject.toml, and the editor's settings.",
        **_section(specs_of(Settings)),
    }


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _section(specs: Mapping[str, Spec]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: _property(spec) for key, spec in specs.items()},
    }


def _property(spec: Spec) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": spec.says}
    if spec.is_section:
        return schema | _section(specs_of(spec.kind))
    if spec.kind is tuple:
        schema |= {"type": "array", "items": {"type": "string", **_limits(spec)}}
        schema["default"] = list(spec.default)
    else:
        schema |= {"type": TYPE_NAMES[spec.kind], **_limits(spec)}
        if spec.default is not None:
            schema["default"] = spec.default
    if spec.rules.get("examples"):
        examples = list(spec.rules["examples"])
        schema["examples"] = [examples] if spec.kind is tuple else examples
    return schema


def _limits(spec: Spec) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if spec.rules.get("pattern") is not None:
        # In some engines `$` alone also matches before a last newline.
        limits["pattern"] = f"^(?:{spec.rules['pattern']})$(?!\\n)"
    for key in ("minimum", "maximum"):
        if spec.rules.get(key) is not None:
            limits[key] = spec.rules[key]
    return limits
