"""The file that `slm-lsp config init` writes: the pin, and everything else as comments."""

from collections.abc import Iterator

from slm_lsp.config.reference import toml_value
from slm_lsp.config.specs import Spec, specs_of
from slm_lsp.models.types import ModelFile
from slm_lsp.settings import ModelSettings, Settings

WIDTH = 98


def starter_text(model: ModelFile) -> str:
    """A settings file that pins `model` and shows what else there is."""
    lines = [
        "# What this repository sets for slm-lsp. Every commented line shows a default.",
        "# `slm-lsp config check` checks the file; the reference is `slm-lsp config reference`.",
        "",
        "[model]",
        "# The model that everybody who works here gets, by its content: no other file is loaded.",
        f'name = "{model.name}"',
        f'sha256 = "{model.sha256}"',
        f"size = {model.size}",
        "# Another one: `slm-lsp models recommend`, then `slm-lsp models pull NAME --pin`.",
    ]
    pinned = ("name", "sha256", "size")
    lines += _keys(
        [s for s in specs_of(ModelSettings).values() if s.key not in pinned and not s.is_section]
    )
    for spec in specs_of(Settings).values():
        if spec.key != "model":
            lines += ["", f"[{spec.key}]", f"# {spec.says}"]
            lines += _keys(list(specs_of(spec.kind).values()))
    return "\n".join(lines) + "\n"


def _keys(specs: list[Spec]) -> Iterator[str]:
    for spec in specs:
        if spec.user_only:  # it would be refused here
            continue
        yield ""
        yield from (f"# {line}" for line in _wrapped(spec.says))
        if spec.default is not None:
            yield f"# {spec.key} = {toml_value(spec.default)}"
        else:
            examples = spec.rules.get("examples") or ("…",)
            yield f"# {spec.key} = {toml_value(examples[0])}"


def _wrapped(text: str) -> Iterator[str]:
    import textwrap

    yield from textwrap.wrap(text, WIDTH)
