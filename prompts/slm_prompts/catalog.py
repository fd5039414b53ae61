"""Which template a model speaks, by the markers in its own vocabulary."""

from collections.abc import Mapping

from slm_prompts.template import FimTemplate, templates

# Families whose markers are the same and whose layout is not: a piece of the model's name
# decides, the first match counts.
BY_NAME: tuple[tuple[str, str], ...] = (
    ("slm-lsp", "slm-lsp-v1"),
    ("mellum", "mellum-v1"),
    ("granite", "starcoder-v1"),
    ("refact", "starcoder-v1"),
    ("stable-code", "starcoder-v1"),
    ("starcoder2", "starcoder2-v1"),
    ("codegemma", "codegemma-v1"),
    ("qwen", "qwen-coder-v1"),
    ("deepseek", "deepseek-coder-v1"),
    ("codestral", "codestral-v1"),
    ("codellama", "codellama-v1"),
    ("code-llama", "codellama-v1"),
    ("santacoder", "santacoder-v1"),
)


def template_for(name: str, markers: Mapping[str, str]) -> FimTemplate | None:
    """The template of a model called `name` whose metadata names these `markers`.

    `markers` maps roles ("pre", "suf", "mid", "sep", …) to texts, as GGUF metadata does. None
    when no published template fits: the model may still be used with a template chosen by hand.
    """
    fitting = [one for one in templates().values() if _fits(one, markers)]
    lowered = name.lower()
    for piece, template in BY_NAME:
        if piece in lowered:
            named = templates()[template]
            if not markers or named in fitting:
                return named
    # Without a telling name: the one that marks files as the model does, and of those the layout
    # that most models with these markers use, suffix last.
    separator = markers.get("sep", "")
    fitting.sort(key=lambda one: (one.file_separator != separator, one.order != "psm", one.name))
    return fitting[0] if fitting else None


def chosen_template(
    chosen: str | None, name: str, markers: Mapping[str, str]
) -> FimTemplate | None:
    """The template that a person chose by its name, or else the one that fits the model."""
    return templates().get(chosen) if chosen else template_for(name, markers)


def _fits(template: FimTemplate, markers: Mapping[str, str]) -> bool:
    expected = {"pre": template.prefix, "suf": template.suffix, "mid": template.middle}
    return bool(markers) and all(
        markers.get(role, "") == text for role, text in expected.items() if text
    )
