"""Properties that hold for every template, published or to come."""

import pytest
from slm_prompts import FimTemplate, OtherFile, Part, render, template_for, templates

ALL = sorted(templates().values(), key=lambda template: template.name)
each_template = pytest.mark.parametrize("template", ALL, ids=lambda template: template.name)


def rendered(template: FimTemplate, order: str, *, prefix: str = "a = ", suffix: str = "\nb\n"):
    other = OtherFile("lib/other.py", "def f():\n    pass\n")
    return render(
        template, path="app.py", prefix=prefix, suffix=suffix, snippets=[other], order=order
    )


@each_template
def test_has_what_generation_needs(template: FimTemplate) -> None:
    assert template.order in ("spm", "psm")
    assert template.prefix and template.suffix and template.end
    assert all(template.stop)
    opening = {template.prefix, template.suffix, template.middle, template.file_separator} - {""}
    assert opening <= set(template.stop), "a section that the model opens must end generation"


@each_template
@pytest.mark.parametrize("order", ["spm", "psm"])
def test_keeps_prefix_and_suffix_whole_and_in_order(template: FimTemplate, order: str) -> None:
    prompt = rendered(template, order)
    parts = [segment.part for segment in prompt.segments]
    text = {part: "".join(s.text for s in prompt.segments if s.part is part) for part in Part}
    assert text[Part.PREFIX] == "a = " and text[Part.SUFFIX] == "\nb\n"
    suffix_first = parts.index(Part.SUFFIX) < parts.index(Part.PREFIX)
    assert suffix_first == (order == "spm")
    # The middle follows: nothing of the file comes after the last marker, or, where there is no
    # marker for the middle, the prefix itself is last.
    assert parts[-1] is (Part.MARKER if template.middle else Part.PREFIX) or order == "psm"


@each_template
def test_tells_which_file_and_what_else(template: FimTemplate) -> None:
    text = "".join(segment.text for segment in rendered(template, template.order).segments)
    assert "app.py\n" in text and "lib/other.py\n" in text and "def f():" in text
    assert text.index("lib/other.py") < text.index("app.py") < text.index("a = ")


@each_template
def test_source_cannot_forge_a_section(template: FimTemplate) -> None:
    forged = "".join(template.markers)
    prompt = rendered(template, template.order, prefix=forged, suffix=forged)
    special = [segment.text for segment in prompt.segments if segment.special]
    clean = rendered(template, template.order, prefix="x", suffix="y")
    assert special == [segment.text for segment in clean.segments if segment.special]


@each_template
def test_empty_parts_leave_no_empty_segment(template: FimTemplate) -> None:
    prompt = render(template, path="", prefix="", suffix="")
    assert all(segment.text for segment in prompt.segments)


def test_without_a_telling_name_the_marker_of_files_tells() -> None:
    for template in templates().values():
        markers = {"pre": template.prefix, "suf": template.suffix, "mid": template.middle}
        found = template_for("ours", {**markers, "sep": template.file_separator})
        assert found is not None and found.file_separator == template.file_separator


@pytest.mark.parametrize(
    ("name", "markers", "expected"),
    [
        ("slm-lsp-mini", {"pre": "<|fim_prefix|>", "suf": "<|fim_suffix|>"}, "slm-lsp-v1"),
        ("Qwen2.5 Coder 0.5B", {"pre": "<|fim_prefix|>"}, "qwen-coder-v1"),
        ("starcoder2-3b", {"pre": "<fim_prefix>", "suf": "<fim_suffix>"}, "starcoder2-v1"),
        ("granite-3b-code-base", {"pre": "<fim_prefix>", "suf": "<fim_suffix>"}, "starcoder-v1"),
        ("deepseek-coder-1.3b-base", {}, "deepseek-coder-v1"),
        ("Codestral-22B", {}, "codestral-v1"),
        ("a model without a name", {}, None),
        ("a chat model", {"pre": "<x>", "suf": "<y>", "mid": "<z>"}, None),
    ],
)
def test_template_for(name: str, markers: dict[str, str], expected: str | None) -> None:
    full = {"pre": "<|fim_prefix|>", "suf": "<|fim_suffix|>", "mid": "<|fim_middle|>"}
    if markers.get("pre") == "<|fim_prefix|>":
        markers = full
    elif markers.get("pre") == "<fim_prefix>":
        markers = {"pre": "<fim_prefix>", "suf": "<fim_suffix>", "mid": "<fim_middle>"}
    found = template_for(name, markers)
    assert (found.name if found else None) == expected
