"""Schema, reference and starter file are made from the code, and stay true to it."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_lsp.config.reference import reference_text
from slm_lsp.config.resolve import resolve
from slm_lsp.config.schema import json_schema, schema_text
from slm_lsp.config.specs import Spec, specs_of
from slm_lsp.config.starter import starter_text
from slm_lsp.config.types import Layer, Source
from slm_lsp.models import bundled_model
from slm_lsp.settings import Settings
from tests.config.conftest import Places

DOCS = Path(__file__).parents[2] / "docs"
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("slm-lsp.schema.json", schema_text(), "schema"),
        ("settings.md", reference_text(), "reference"),
    ],
)
def test_the_committed_file_is_the_generated_one(name: str, text: str, command: str) -> None:
    committed = (DOCS / name).read_text(encoding="utf-8")
    assert committed == text, f"run `slm-lsp config {command} > docs/{name}`"


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def all_specs(kind: type = Settings, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Spec]:
    found: dict[tuple[str, ...], Spec] = {}
    for spec in specs_of(kind).values():
        inner = (*path, spec.key)
        if spec.is_section:
            found |= all_specs(spec.kind, inner)
        else:
            found[inner] = spec
    return found


SPECS = all_specs()
VALUES = st.one_of(
    st.booleans(),
    st.integers(-2, 2000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["a" * 64, "bundled", "hf:a/b/c.gguf", "*.py"]),
    st.lists(st.text(max_size=4), max_size=3),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@settings(max_examples=400, deadline=None)
@given(path=st.sampled_from(sorted(SPECS)), value=VALUES)
def test_the_schema_says_what_the_code_says(path: tuple[str, ...], value: Any) -> None:
    options: dict[str, Any] = {path[-1]: value}
    for key in reversed(path[:-1]):
        options = {key: options}
    # Whole numbers with a point are whole in JSON's eyes, and mistakes in TOML's.
    if SPECS[path].kind is int and isinstance(value, float):
        return
    resolved = resolve([Layer(Source.USER, "user", options)])
    about_value = [c for c in resolved.complaints if " is not " not in str(c).split("`")[0]]
    if path in (("model", "source"), ("model", "adapter", "source"), ("model", "template")):
        return  # their meaning is checked as well, which no schema can say
    if any("is no gitignore pattern" in str(c) for c in resolved.complaints):
        return
    assert VALIDATOR.is_valid(options) == (not about_value), resolved.complaints


@pytest.mark.parametrize("path", sorted(SPECS), ids=".".join)
def test_every_default_may_be_written_down(path: tuple[str, ...], places: Places) -> None:
    default = SPECS[path].default
    if default is None:
        return
    options: dict[str, Any] = {path[-1]: list(default) if isinstance(default, tuple) else default}
    for key in reversed(path[:-1]):
        options = {key: options}
    resolved = places.load(options)
    assert resolved.complaints == ()
    assert VALIDATOR.is_valid(options)


@pytest.mark.parametrize("path", sorted(SPECS), ids=".".join)
def test_every_setting_is_explained(path: tuple[str, ...]) -> None:
    says = SPECS[path].says
    assert says and says[0].isupper() and says.endswith((".", "."))
    assert f"`{path[-1]}`" in reference_text()


def test_the_starter_file_pins_the_bundled_model_and_nothing_else(places: Places) -> None:
    resolved = places.write(repository=starter_text(bundled_model())).load()
    assert resolved.complaints == ()
    assert set(resolved.origins) == {"model.name", "model.sha256", "model.size"}


def test_every_commented_line_of_the_starter_file_may_be_turned_on(places: Places) -> None:
    lines = starter_text(bundled_model()).splitlines()
    keys = {path[-1] for path in SPECS}
    turned_on = [
        line[2:] if line.startswith("# ") and line[2:].split(" = ")[0] in keys else line
        for line in lines
    ]
    resolved = places.write(repository="\n".join(turned_on)).load()
    assert [str(c) for c in resolved.complaints] == []
    assert len(resolved.origins) > 20
